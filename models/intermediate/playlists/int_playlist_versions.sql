{{ config(pre_hook='{{ delete_new_rows() }}') }}

-- Fact: each distinct content of a playlist, stored once, from the first load that has it.
with contents as (select * from {{ ref('int_playlist_contents_collected') }}),

ranked as (
    select
        *,
        row_number() over (partition by playlist_id, content_hash order by load_number, run_id, attempt) as find_rank
    from contents
),

first_finds as (
    select * from ranked
    where find_rank = 1
),

final as (
    select
        playlist_id,
        content_hash,
        kinds,
        track_ids,
        added_ats,
        unavailable_added_ats,
        added_bys,
        load_number
    from first_finds
    {% if is_incremental() -%}
        where not exists (
            select 1 from {{ this }} as known
            where known.playlist_id = first_finds.playlist_id and known.content_hash = first_finds.content_hash
        )
    {%- endif %}
)

select * from final

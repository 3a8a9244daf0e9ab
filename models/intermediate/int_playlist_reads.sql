{{ config(
    post_hook='{{ remember_build() }}',
) }}

-- Every ended reading of a list, with the hash of what it held: positions, items and claims, not popularity.
with reads as (select * from {{ ref('stg_spotify__playlist_reads') }}),

entries as (select * from {{ ref('int_new_entries') }}),

contents as (
    select
        run_id,
        playlist_id,
        attempt,
        {{ hash_of_all("concat_ws(' ', position, kind, item_key, '@', added_at)") }} as content_hash,
        cast(sum(case when kind = 'unavailable' then 1 else 0 end) as integer) as unavailable_entries
    from entries
    group by run_id, playlist_id, attempt
),

known_contents as (
    {% if is_incremental() %}
        select
            playlist_id,
            content_hash,
            min(load_number) as load_number
        from {{ this }}
        where load_number <= {{ last_load_built() }}
        group by playlist_id, content_hash
    {% else %}
        select
            playlist_id,
            snapshot_id as content_hash,
            load_number
        from reads
        where false
    {% endif %}
),

hashed as (
    select
        reads.*,
        case when reads.outcome = 'complete' then coalesce(contents.content_hash, md5('')) end as content_hash,
        case when reads.outcome = 'complete' then coalesce(contents.unavailable_entries, 0) end as unavailable_entries
    from reads
    left join contents
        on
            reads.run_id = contents.run_id
            and reads.playlist_id = contents.playlist_id
            and reads.attempt = contents.attempt
    where reads.load_number > {{ last_load_built() }}
),

final as (
    select
        hashed.playlist_id,
        hashed.day,
        hashed.run_id,
        hashed.attempt,
        hashed.outcome,
        hashed.reason,
        hashed.snapshot_id,
        hashed.entries,
        hashed.total,
        hashed.content_hash,
        coalesce(
            known_contents.load_number,
            min(hashed.load_number) over (partition by hashed.playlist_id, hashed.content_hash)
        ) as content_load_number,
        hashed.unavailable_entries,
        hashed.observed_at,
        hashed.load_number
    from hashed
    left join known_contents
        on
            hashed.playlist_id = known_contents.playlist_id
            and hashed.content_hash = known_contents.content_hash
)

select * from final

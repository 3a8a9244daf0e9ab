-- Tracks of track_info: requested by id, found in a playlist by a run that discovers tracks or by an import, or on a
-- watch-list.
with track_days as (select * from {{ ref('int_track_days') }}),

watched as (select * from {{ ref('stg_spotify__watched') }}),

followed as (
    select
        track_id,
        max(load_number) as load_number
    from track_days
    where
        (is_followed or is_imported)
        and {{ is_new_fact() }}
    group by track_id

    union all

    select distinct
        spotify_id as track_id,
        cast({{ up_to_load() }} as integer) as load_number
    from watched
    where kind = 'track'
),

final as (
    select
        track_id,
        max(load_number) as load_number
    from followed
    {% if is_incremental() -%}
        where not exists (select 1 from {{ this }} as known where known.track_id = followed.track_id)
    {%- endif %}
    group by track_id
)

select * from final

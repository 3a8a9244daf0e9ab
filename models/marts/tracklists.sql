{{ config(materialized='view') }}

-- A view, because each distinct content is stored once, even if a playlist has it again later.
with days as {{ not_materialized() }} (
    select * from {{ ref('int_playlist_days_counted') }}
    where is_usable
),

versions as (select * from {{ ref('int_playlist_versions') }}),

last_usable_days as (
    select
        playlist_id,
        max(day) as day
    from days
    group by playlist_id
),

starts as (
    select
        playlist_id,
        day,
        content_hash,
        lead(usable_day_before) over (partition by playlist_id order by day) as last_day
    from days
    where content_hash is distinct from content_hash_before
),

version_starts as (
    select
        starts.playlist_id,
        starts.day,
        coalesce(starts.last_day, last_usable_days.day) as last_day,
        versions.kinds,
        versions.track_ids,
        versions.added_ats,
        versions.added_bys
    from starts
    inner join last_usable_days on starts.playlist_id = last_usable_days.playlist_id
    inner join versions
        on
            starts.playlist_id = versions.playlist_id
            and starts.content_hash = versions.content_hash
),

entries as (
    select
        playlist_id,
        day,
        last_day,
        {{ unnested(
            {'kind': 'kinds', 'track_id': 'track_ids', 'claimed_at': 'added_ats', 'added_by': 'added_bys'},
            ordinal='position'
        ) }}
    from version_starts
),

final as (
    select
        playlist_id,
        day as first_day,
        last_day,
        cast(position as integer) as position,
        kind,
        track_id,
        claimed_at,
        added_by
    from entries

    union all

    select
        playlist_id,
        day as first_day,
        last_day,
        cast(null as integer) as position,
        'empty' as kind,
        cast(null as {{ sql_type('varchar') }}) as track_id,
        cast(null as timestamp) as claimed_at,
        cast(null as {{ sql_type('varchar') }}) as added_by
    from version_starts
    where {{ array_length('kinds') }} = 0
)

select * from final

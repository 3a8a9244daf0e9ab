{{ config(materialized='view') }}

-- A view, because each distinct content is stored once, even if a playlist has it again later.
with days as {{ not_materialized() }} (select * from {{ ref('int_playlist_days_counted') }}),

versions as (select * from {{ ref('int_playlist_versions') }}),

version_starts as (
    select
        days.playlist_id,
        days.day,
        versions.kinds,
        versions.track_ids,
        versions.added_ats
    from days
    inner join versions
        on
            days.playlist_id = versions.playlist_id
            and days.content_hash = versions.content_hash
    where
        days.is_usable
        and days.content_hash is distinct from days.content_hash_before
),

entries as (
    select
        playlist_id,
        day,
        {{ unnested(
            {'kind': 'kinds', 'track_id': 'track_ids', 'added_at': 'added_ats'}, ordinal='position'
        ) }}
    from version_starts
),

final as (
    select
        playlist_id,
        day as first_day,
        cast(position as integer) as position,
        kind,
        track_id,
        added_at
    from entries

    union all

    select
        playlist_id,
        day as first_day,
        cast(null as integer) as position,
        'empty' as kind,
        cast(null as {{ sql_type('varchar') }}) as track_id,
        cast(null as timestamp) as added_at
    from version_starts
    where {{ array_length('kinds') }} = 0
)

select * from final

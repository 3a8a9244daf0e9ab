{{ config(
    pre_hook="{{ delete_rewound_rows(ref('int_playlists_rewound'), 'playlist_id', 'day') }}",
) }}

-- Tracks added to and removed from playlists: compare the content of each usable day with that of the usable day
-- before, if they differ. Most playlists do not change on most days.
with days as {{ not_materialized() }} (select * from {{ ref('int_playlist_days_counted') }}),

rewound as (select * from {{ ref('int_playlists_rewound') }}),

versions as (select * from {{ ref('int_playlist_versions') }}),

steps as (
    select
        days.playlist_id,
        days.day,
        days.usable_days,
        days.usable_day_before,
        days.content_hash,
        days.content_hash_before
    from days
    inner join rewound on days.playlist_id = rewound.playlist_id
    where
        days.day >= {{ earliest('rewind_day', ref('int_playlists_rewound')) }}
        and days.day >= rewound.rewind_day
        and days.is_usable
        and days.content_hash is distinct from days.content_hash_before
),

sides as (
    select
        playlist_id,
        day,
        content_hash,
        1 as is_held,
        0 as was_held
    from steps

    union all

    select
        playlist_id,
        day,
        content_hash_before as content_hash,
        0 as is_held,
        1 as was_held
    from steps
),

compared as (
    select
        sides.playlist_id,
        sides.day,
        sides.is_held,
        sides.was_held,
        {{ unnested({'track_id': 'versions.track_ids', 'added_at': 'versions.added_ats'}, ordinal='position') }}
    from sides
    inner join versions
        on
            sides.playlist_id = versions.playlist_id
            and sides.content_hash = versions.content_hash
),

-- The claim of an added track is the earliest one of its entries; its position is the first one.
changed as (
    select
        playlist_id,
        day,
        track_id,
        max(is_held) = 1 as is_added,
        min(case when is_held = 1 then added_at end) as added_at,
        cast(min(position) as integer) as position
    from compared
    where track_id is not null
    group by playlist_id, day, track_id
    having max(is_held) <> max(was_held)
),

final as (
    select
        changed.playlist_id,
        changed.track_id,
        changed.day,
        changed.is_added,
        changed.added_at,
        changed.position,
        steps.usable_days,
        steps.usable_day_before
    from changed
    inner join steps
        on
            changed.playlist_id = steps.playlist_id
            and changed.day = steps.day
)

select * from final

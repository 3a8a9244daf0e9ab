{{ config(materialized='view') }}

-- The start of each stay, unless the track was already in the first read, and its proven end. Spotify sometimes
-- replaces one track id of a recording with another, without an edit by the playlist's owner: the ids change, the
-- recording does not. Both changes are rows, marked as a replacement.
with stays as {{ not_materialized() }} (select * from {{ ref('int_stays') }}),

track_info as (
    select * from {{ ref('track_info_history') }}
    where valid_to is null
),

imported_days as (
    select
        playlist_id,
        day
    from {{ ref('int_playlist_days_counted') }}
    where
        is_usable
        and source is not null
),

changes as (
    select
        playlist_id,
        track_id,
        first_seen as day,
        case when stay_number = 1 then 'added' else 'returned' end as change,
        usable_day_before as day_before
    from stays
    where usable_day_before is not null

    union all

    select
        playlist_id,
        track_id,
        first_absent as day,
        'removed' as change,
        last_held as day_before
    from stays
    where first_absent is not null
),

recordings as (
    select
        changes.*,
        upper(track_info.isrc) as isrc,
        -- the n-th added id of a recording replaces the n-th removed id
        row_number() over (
            partition by changes.playlist_id, changes.day, upper(track_info.isrc), changes.change = 'removed'
            order by changes.track_id
        ) as recording_number
    from changes
    inner join track_info on changes.track_id = track_info.track_id
),

final as (
    select
        recordings.playlist_id,
        recordings.day as date,
        recordings.track_id,
        recordings.change,
        recordings.day_before as date_before,
        others.track_id is not null as is_replacement,
        others.track_id as other_track_id,
        coalesce(days.day, days_before.day) is not null as is_imported
    from recordings
    left join recordings as others
        on
            recordings.playlist_id = others.playlist_id
            and recordings.day = others.day
            and recordings.isrc = others.isrc
            and recordings.recording_number = others.recording_number
            and (recordings.change = 'removed') <> (others.change = 'removed')
    left join imported_days as days
        on
            recordings.playlist_id = days.playlist_id
            and recordings.day = days.day
    left join imported_days as days_before
        on
            recordings.playlist_id = days_before.playlist_id
            and recordings.day_before = days_before.day
)

select * from final

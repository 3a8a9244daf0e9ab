{{ config(materialized='view', tags=['derived']) }}

-- Spotify swaps one id of a recording for another without an edit by the list's owner: both changes are true of the
-- ids, and marked as one replacement of the recording.
with changes as (select * from {{ ref('int_arrivals_and_departures') }}),

track_info as (select * from {{ ref('track_info') }}),

recordings as (
    select
        changes.*,
        upper(track_info.isrc) as isrc,
        -- the n-th id of a recording to leave is taken for the one that the n-th to come replaces
        row_number() over (
            partition by changes.playlist_id, changes.day, upper(track_info.isrc), changes.change = 'removed'
            order by changes.track_id
        ) as place
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
        others.track_id as other_track_id
    from recordings
    left join recordings as others
        on
            recordings.playlist_id = others.playlist_id
            and recordings.day = others.day
            and recordings.isrc = others.isrc
            and recordings.place = others.place
            and (recordings.change = 'removed') <> (others.change = 'removed')
)

select * from final

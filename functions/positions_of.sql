-- Position of a track in a playlist on each complete or unchanged day, from the first to the last day on which the
-- track was in it. Other days prove nothing and have no row: days_before is the number of days since the complete or
-- unchanged day before, null for the playlist's first. position is the first one if the track has several, and null if
-- the track is not in the playlist on that day. change is the position on the row before minus the position on this
-- one: positive if the track moved up, null if either position is null. stay_number is null while the track is absent;
-- a row with a stay_number but no position is a day on which an entry that Spotify could not show may hide the track.
-- No rows if the track was never in the playlist.
create function positions_of(track text, playlist text)
returns table (
    date date, outcome varchar, position integer, change integer, days_before integer, stay_number integer
)
as
with asked as materialized (
    select
        playlist_id_of(playlist) as playlist_id,
        track_id_of(track) as track_id
),

stays as (
    select
        tracks_in_playlist.stay_number,
        tracks_in_playlist.first_seen,
        tracks_in_playlist.last_seen
    from tracks_in_playlist
    inner join asked
        on
            tracks_in_playlist.playlist_id = asked.playlist_id
            and tracks_in_playlist.track_id = asked.track_id
),

bounds as (
    select
        min(first_seen) as first_day,
        max(last_seen) as last_day
    from stays
),

entries as (
    select
        tracklists.first_day,
        tracklists.last_day,
        min(tracklists.position) as first_position
    from tracklists
    inner join asked
        on
            tracklists.playlist_id = asked.playlist_id
            and tracklists.track_id = asked.track_id
    where can_be(tracklists.playlist_id, playlist)
    group by tracklists.first_day, tracklists.last_day
),

days as (
    select
        playlist_days.date,
        playlist_days.outcome,
        playlist_days.days_since_usable
    from playlist_days
    inner join asked on playlist_days.playlist_id = asked.playlist_id
    inner join bounds on playlist_days.date between bounds.first_day and bounds.last_day
    where playlist_days.outcome in ('complete', 'unchanged')
)

select
    days.date,
    days.outcome,
    entries.first_position as position,
    lag(entries.first_position) over (order by days.date) - entries.first_position as change,
    days.days_since_usable as days_before,
    stays.stay_number
from days
left join entries on days.date between entries.first_day and entries.last_day
left join stays on days.date between stays.first_seen and stays.last_seen
order by days.date;

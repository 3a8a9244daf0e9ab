-- Tracks that were in a playlist from start_date to end_date, one row per stay; absences of up to gap_days days are
-- bridged. Of these days, days_observed prove what was in the playlist; the track was there on days_seen.
create macro tracks_during(playlist, start_date, end_date, gap_days := 0) as table
with asked as (
    select
        cast(start_date as date) as first_day,
        cast(end_date as date) as last_day
),

usable_days as (
    select playlist_days.date
    from playlist_days, asked
    where
        playlist_id = playlist_id_of(playlist)
        and outcome in ('complete', 'unchanged')
        and date between asked.first_day and asked.last_day
),

versions as (
    select distinct first_day
    from tracklists
    where playlist_id = playlist_id_of(playlist)
),

presences as (
    select distinct
        tracklists.track_id,
        usable_days.date
    from usable_days
    asof join versions on usable_days.date >= versions.first_day
    inner join tracklists on versions.first_day = tracklists.first_day
    where tracklists.playlist_id = playlist_id_of(playlist) and tracklists.kind = 'track'
),

found as (
    select stays.*
    from stays(gap_days := gap_days) as stays, asked
    where
        stays.playlist_id = playlist_id_of(playlist)
        and stays.added_at <= asked.last_day
        and stays.last_seen >= asked.first_day
)

select
    found.track_id,
    track_info.name,
    track_info.artists,
    found.stay_number,
    found.added_at,
    found.last_seen,
    found.first_absent,
    cast((
        select count(*) from presences
        where presences.track_id = found.track_id and presences.date between found.first_seen and found.last_seen
    ) as integer) as days_seen,
    cast((select count(*) from usable_days) as integer) as days_observed,
    cast(asked.last_day - asked.first_day + 1 as integer) as days_asked
from found
cross join asked
left join track_info on found.track_id = track_info.track_id
order by found.added_at, found.track_id, found.stay_number;

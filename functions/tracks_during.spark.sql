-- Tracks that were in a playlist from start_date to end_date, one row per stay; absences of up to gap_days days are
-- bridged. Of these days, days_observed prove what was in the playlist; the track was there on days_seen.
create or replace function spotify.tracks_during(playlist string, start_date date, end_date date, gap_days int default 0)
returns table (
    track_id string, track_name string, artists string, stay_number int, added_at date, last_seen date,
    first_absent date, days_seen int, days_observed int, days_asked int
)
return
with usable_days as (
    select date
    from spotify.playlist_days
    where
        playlist_id = spotify.playlist_id_of(playlist)
        and outcome in ('complete', 'unchanged')
        and date between start_date and end_date
),

observed as (
    select count(*) as days
    from usable_days
),

versions as (
    select
        usable_days.date,
        max(starts.first_day) as first_day
    from usable_days
    inner join spotify.tracklists as starts on usable_days.date >= starts.first_day
    where starts.playlist_id = spotify.playlist_id_of(playlist)
    group by usable_days.date
),

presences as (
    select distinct
        tracklists.track_id,
        versions.date
    from versions
    inner join spotify.tracklists on versions.first_day = tracklists.first_day
    where tracklists.playlist_id = spotify.playlist_id_of(playlist) and tracklists.kind = 'track'
),

found as (
    select *
    from spotify.stays(gap_days)
    where
        playlist_id = spotify.playlist_id_of(playlist)
        and added_at <= end_date
        and last_seen >= start_date
        and exists (select 1 from usable_days)
),

counted as (
    select
        found.track_id,
        found.stay_number,
        count(presences.date) as days_seen
    from found
    left join presences
        on found.track_id = presences.track_id and presences.date between found.first_seen and found.last_seen
    group by found.track_id, found.stay_number
)

select
    found.track_id,
    track_info.track_name,
    track_info.artists,
    found.stay_number,
    found.added_at,
    found.last_seen,
    found.first_absent,
    cast(counted.days_seen as int),
    cast(observed.days as int),
    datediff(end_date, start_date) + 1
from found
inner join counted on found.track_id = counted.track_id and found.stay_number = counted.stay_number
cross join observed
left join spotify.track_info on found.track_id = track_info.track_id
order by found.added_at, found.track_id, found.stay_number

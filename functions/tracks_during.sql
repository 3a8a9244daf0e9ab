-- Tracks that were in a playlist from start_date to end_date, one row per stay; absences of up to gap_days days are
-- bridged. Of these days, days_observed prove what was in the playlist; the track was there on days_seen.
-- No rows if there is no such day: see coverage.
create function tracks_during(playlist text, start_date date, end_date date, gap_days integer default 0)
returns table (
    track_id varchar, track_name varchar, artists varchar, stay_number integer, added_at date, last_seen date,
    first_absent date, days_seen integer, days_observed integer, days_asked integer
)
as
with asked as materialized (
    select
        playlist_id_of(playlist) as playlist_id,
        first_day,
        last_day
    from period(start_date, end_date)
),

usable_days as (
    select playlist_days.date
    from playlist_days
    inner join asked on playlist_days.playlist_id = asked.playlist_id
    where
        playlist_days.outcome in ('complete', 'unchanged')
        and playlist_days.date between asked.first_day and asked.last_day
),

entries as (
    select distinct
        tracklists.track_id,
        tracklists.first_day,
        tracklists.last_day
    from tracklists
    inner join asked on tracklists.playlist_id = asked.playlist_id
    where
        can_be(tracklists.playlist_id, playlist)
        and tracklists.kind = 'track'
        and tracklists.first_day <= asked.last_day
        and tracklists.last_day >= asked.first_day
),

found as (
    select
        stays.*,
        asked.last_day - asked.first_day + 1 as days_asked
    from stays(gap_days := gap_days) as stays
    inner join asked on stays.playlist_id = asked.playlist_id
    where
        exists (select 1 from usable_days)
        and stays.added_at <= asked.last_day
        and stays.last_seen >= asked.first_day
),

seen as (
    select
        found.track_id,
        found.stay_number,
        count(*) as days
    from found
    inner join entries on found.track_id = entries.track_id
    inner join usable_days
        on
            usable_days.date between entries.first_day and entries.last_day
            and usable_days.date between found.first_seen and found.last_seen
    group by found.track_id, found.stay_number
)

select
    found.track_id,
    found.track_name,
    found.artists,
    found.stay_number,
    found.added_at,
    found.last_seen,
    found.first_absent,
    coalesce(seen.days, 0) as days_seen,
    (select count(*) from usable_days) as days_observed,
    found.days_asked
from found
left join seen
    on
        found.track_id = seen.track_id
        and found.stay_number = seen.stay_number
order by found.added_at, found.track_id, found.stay_number;

-- Tracks that were in a playlist from start_date to end_date, one row per stay; absences of up to gap_days days are
-- bridged. Of these days, days_observed prove what was in the playlist; the track was there on days_seen.
create or replace function spotify.tracks_during(
    playlist text, start_date date, end_date date, gap_days integer default 0
)
returns table (
    track_id varchar, name varchar, artists varchar, stay_number integer, added_at date, last_seen date,
    first_absent date, days_seen integer, days_observed integer, days_asked integer
)
language sql stable set search_path = pg_catalog, pg_temp as $$
with usable_days as (
    select date
    from spotify.playlist_days
    where
        playlist_id = spotify.playlist_id_of(playlist)
        and outcome in ('complete', 'unchanged')
        and date between start_date and end_date
),

presences as (
    select distinct
        tracklists.track_id,
        usable_days.date
    from usable_days
    cross join lateral (
        select max(first_day) as first_day
        from spotify.tracklists
        where playlist_id = spotify.playlist_id_of(playlist) and first_day <= usable_days.date
    ) as version
    join spotify.tracklists on version.first_day = tracklists.first_day
    where tracklists.playlist_id = spotify.playlist_id_of(playlist) and tracklists.kind = 'track'
),

found as (
    select *
    from spotify.stays(gap_days)
    where playlist_id = spotify.playlist_id_of(playlist) and added_at <= end_date and last_seen >= start_date
)

select
    found.track_id,
    track_info.name,
    track_info.artists,
    found.stay_number,
    found.added_at,
    found.last_seen,
    found.first_absent,
    (
        select count(*) from presences
        where presences.track_id = found.track_id and presences.date between found.first_seen and found.last_seen
    )::integer,
    (select count(*) from usable_days)::integer,
    end_date - start_date + 1
from found
left join spotify.track_info on found.track_id = track_info.track_id
order by found.added_at, found.track_id, found.stay_number
$$;

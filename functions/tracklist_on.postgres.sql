-- Contents of a playlist on a day, in order. If the day proves nothing (outcome says why), there is one row with null
-- position and track_id; nearest_usable_day is the day to query instead (the earlier of two equally near days). An
-- empty playlist has one row, of kind empty.
create or replace function spotify.tracklist_on(playlist text, day date)
returns table (
    playlist_id varchar, date date, outcome varchar, nearest_usable_day date, "position" integer, kind varchar,
    track_id varchar, name varchar, artists varchar, added_at timestamp
)
language sql stable set search_path = pg_catalog, pg_temp as $$
with asked as (
    select
        playlist_id,
        coalesce(max(outcome) filter (where date = day), 'not_run') as outcome,
        (
            array_agg(date order by abs(date - day), date) filter (where outcome in ('complete', 'unchanged'))
        )[1] as nearest_usable_day
    from spotify.playlist_days
    where playlist_id = spotify.playlist_id_of(playlist)
    group by playlist_id
),

version as (
    select max(first_day) as first_day
    from spotify.tracklists
    where playlist_id = spotify.playlist_id_of(playlist) and first_day <= day
)

select
    asked.playlist_id,
    day,
    asked.outcome,
    asked.nearest_usable_day,
    tracklists.position,
    tracklists.kind,
    tracklists.track_id,
    track_info.name,
    track_info.artists,
    tracklists.added_at
from asked
cross join version
left join spotify.tracklists
    on
        asked.playlist_id = tracklists.playlist_id
        and version.first_day = tracklists.first_day
        and asked.nearest_usable_day = day
left join spotify.track_info on tracklists.track_id = track_info.track_id
order by tracklists.position
$$;

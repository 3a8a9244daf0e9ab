-- Daily popularity of a track, with the change since the previous day that has a value, days_before days earlier (more
-- than 1 if days between were not observed). Days without a value have no row.
create or replace function spotify.popularity_of(track text)
returns table (date date, popularity integer, change integer, days_before integer, observed_at timestamp)
language sql stable set search_path = pg_catalog, pg_temp as $$
select
    date,
    popularity,
    popularity - lag(popularity) over (order by date),
    date - lag(date) over (order by date),
    observed_at
from spotify.track_daily_popularity
where track_id = spotify.track_id_of(track)
order by date
$$;

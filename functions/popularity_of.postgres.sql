-- How popular a track was, day by day, with the change since the last day that has a value: days_before says how many
-- days ago that was, more than 1 where days between were not observed. No value is no row.
create or replace function spotify.popularity_of(track text)
returns table (date date, popularity integer, change integer, days_before integer, observed_at timestamp)
language sql stable as $$
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

-- How popular a track was, day by day, with the change since the last day that has a value: days_before says how many
-- days ago that was, more than 1 where days between were not observed. No value is no row.
create or replace function spotify.popularity_of(track string)
returns table (date date, popularity int, change int, days_before int, observed_at timestamp_ntz)
return
select
    date,
    popularity,
    popularity - lag(popularity) over (order by date),
    datediff(date, lag(date) over (order by date)),
    observed_at
from spotify.track_daily_popularity
where track_id = spotify.track_id_of(track)
order by date

-- How popular a track was, day by day, with the change since the last day that has a value: days_before says how many
-- days ago that was, more than 1 where days between were not observed. No value is no row.
create macro popularity_of(track) as table
select
    date,
    popularity,
    cast(popularity - lag(popularity) over (order by date) as integer) as change,
    cast(date - lag(date) over (order by date) as integer) as days_before,
    observed_at
from track_daily_popularity
where track_id = track_id_of(track)
order by date;

-- Daily popularity of a track, with the change since the previous day that has a value, days_before days earlier (more
-- than 1 if days between were not observed). Days without a value have no row.
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

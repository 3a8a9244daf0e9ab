-- Daily popularity of a track, with the change since the previous day that has a value, days_before days earlier (more
-- than 1 if days between were not observed). Days without a value have no row.
create function popularity_of(track text)
returns table (date date, popularity integer, change integer, days_before integer, observed_at timestamp)
as
with asked as (
    select track_id_of(track) as track_id
)

select
    date,
    popularity,
    popularity - lag(popularity) over (order by date) as change,
    date - lag(date) over (order by date) as days_before,
    observed_at
from track_daily_popularity
where track_id = (select asked.track_id from asked)
order by date;

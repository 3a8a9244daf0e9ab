-- For each track one byte per day: 0 where there is no value, else 128 plus the difference from the previous value,
-- which compresses a third better than the values.
with steps as (
    select
        track_numbers.track,
        popularity.date - $first_day as day,
        cast(
            popularity.popularity
            - lag(popularity.popularity, 1, 0) over (partition by track_numbers.track order by popularity.date)
            + 128 as utinyint
        ) as step
    from track_daily_popularity as popularity
    inner join track_numbers on popularity.track_id = track_numbers.track_id
    where popularity.date >= $first_day
),

grid as (
    select
        track,
        unnest(range($days)) as day
    from track_numbers
)

select list(coalesce(steps.step, 0) order by grid.day)
from grid
left join steps on grid.track = steps.track and grid.day = steps.day
group by grid.track
order by grid.track

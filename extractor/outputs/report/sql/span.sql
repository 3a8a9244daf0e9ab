-- The days that the page shows: the most recent ones, as many as the limits $cells and $stays allow.
-- One rule for all content of the page, so that every part covers the same days.
with days as (
    select date from playlist_days
    union
    select date from track_daily_popularity
    union
    select date from runs
),

ends as (
    select
        coalesce(first_absent, last_seen) as date,
        count(*) as stays
    from tracks_in_playlist
    group by coalesce(first_absent, last_seen)
),

too_many as (
    select date
    from ends
    qualify sum(stays) over (order by date desc) > $stays
    order by date desc
    limit 1
)

select
    least(
        max(date),
        greatest(
            min(date),
            max(date) - cast($cells // (select greatest(count(*), 1) from track_info) as integer) + 1,
            (select too_many.date + 1 from too_many)
        )
    ) as first_day,
    max(date) as last_day,
    cast(max(date) - min(date) + 1 as integer) as days_known
from days

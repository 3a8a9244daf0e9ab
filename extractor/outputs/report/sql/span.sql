-- The days that the page shows: the most recent ones, as many as are asked for ($days, null for all) and as the limits
-- $cells, $stays and $entries allow. One rule for all content of the page, so that every part covers the same days.
with observed as (
    select date from playlist_days
    where outcome in ('complete', 'unchanged')
    union all
    select date from track_daily_popularity
),

days as (
    select date from playlist_days
    union
    select date from track_daily_popularity
    union
    select date from runs
),

-- Open stays are in every page, also those of playlists last read before its days.
stay_ends as (
    select
        coalesce(first_absent, (select max(days.date) from days)) as date,
        count(*) as stays
    from tracks_in_playlist
    group by all
),

version_ends as (
    select
        last_day as date,
        count(*) as entries
    from tracklists
    group by last_day
),

too_many as (
    select date
    from stay_ends
    qualify sum(stays) over (order by date desc) > $stays

    union all

    select date
    from version_ends
    qualify sum(entries) over (order by date desc) > $entries
)

select
    least(
        max(date),
        greatest(
            min(date),
            max(date) - coalesce($days, 100000) + 1,
            max(date) - cast($cells // (select greatest(count(*), 1) from track_info) as integer) + 1,
            (select max(too_many.date) + 1 from too_many)
        )
    ) as first_day,
    max(date) as last_day,
    (select max(observed.date) from observed) as last_read,
    cast(max(date) - min(date) + 1 as integer) as days_known,
    (select count(*) from playlists) as playlists_known
from days

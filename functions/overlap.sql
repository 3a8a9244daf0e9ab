-- How many tracks two playlists had in common, from start_date to end_date: one row per day that is complete or
-- unchanged in both. There are days_observed such days among the days_asked days of the period. size_a, size_b and
-- shared count distinct track ids. jaccard is shared divided by the number of tracks in either, containment_a is shared
-- / size_a and containment_b is shared / size_b; null if the divisor is 0. period_jaccard, the same in every row, is
-- the sum of shared divided by the sum of tracks in either, over the days observed. No rows if no day is observed in
-- both: see coverage.
create function overlap(playlist_a text, playlist_b text, start_date date, end_date date)
returns table (
    date date, size_a integer, size_b integer, shared integer, jaccard double precision,
    containment_a double precision, containment_b double precision, period_jaccard double precision,
    days_observed integer, days_asked integer
)
as
with asked as materialized (
    select
        playlist_id_of(playlist_a) as id_a,
        playlist_id_of(playlist_b) as id_b,
        first_day,
        last_day
    from period(start_date, end_date)
),

days as (
    select
        days_a.date,
        days_a.size as size_a,
        days_b.size as size_b,
        asked.last_day - asked.first_day + 1 as days_asked
    from asked
    inner join playlist_days as days_a
        on
            asked.id_a = days_a.playlist_id
            and days_a.date between asked.first_day and asked.last_day
            and days_a.outcome in ('complete', 'unchanged')
    inner join playlist_days as days_b
        on
            asked.id_b = days_b.playlist_id
            and days_a.date = days_b.date
            and days_b.outcome in ('complete', 'unchanged')
),

entries_a as (
    select distinct
        tracklists.first_day,
        tracklists.last_day,
        tracklists.track_id
    from tracklists
    inner join asked on tracklists.playlist_id = asked.id_a
    where
        can_be(tracklists.playlist_id, playlist_a)
        and tracklists.kind = 'track'
        and tracklists.first_day <= asked.last_day
        and tracklists.last_day >= asked.first_day
),

entries_b as (
    select distinct
        tracklists.first_day,
        tracklists.last_day,
        tracklists.track_id
    from tracklists
    inner join asked on tracklists.playlist_id = asked.id_b
    where
        can_be(tracklists.playlist_id, playlist_b)
        and tracklists.kind = 'track'
        and tracklists.first_day <= asked.last_day
        and tracklists.last_day >= asked.first_day
),

versions_a as (
    select distinct
        first_day,
        last_day
    from entries_a
),

versions_b as (
    select distinct
        first_day,
        last_day
    from entries_b
),

-- One comparison for each pair of versions, not for each day.
pairs as (
    select
        versions_a.first_day as first_day_a,
        versions_b.first_day as first_day_b,
        days.date
    from days
    inner join versions_a on days.date between versions_a.first_day and versions_a.last_day
    inner join versions_b on days.date between versions_b.first_day and versions_b.last_day
),

distinct_pairs as (
    select distinct
        first_day_a,
        first_day_b
    from pairs
),

common as (
    select
        distinct_pairs.first_day_a,
        distinct_pairs.first_day_b,
        count(*) as shared
    from distinct_pairs
    inner join entries_a on distinct_pairs.first_day_a = entries_a.first_day
    inner join entries_b
        on
            distinct_pairs.first_day_b = entries_b.first_day
            and entries_a.track_id = entries_b.track_id
    group by distinct_pairs.first_day_a, distinct_pairs.first_day_b
),

compared as (
    select
        days.date,
        days.size_a,
        days.size_b,
        coalesce(common.shared, 0) as shared,
        days.size_a + days.size_b - coalesce(common.shared, 0) as in_either,
        days.days_asked
    from days
    left join pairs on days.date = pairs.date
    left join common
        on
            pairs.first_day_a = common.first_day_a
            and pairs.first_day_b = common.first_day_b
)

select
    date,
    size_a,
    size_b,
    shared,
    round(1.0 * shared / nullif(in_either, 0), 4) as jaccard,
    round(1.0 * shared / nullif(size_a, 0), 4) as containment_a,
    round(1.0 * shared / nullif(size_b, 0), 4) as containment_b,
    round(sum(1.0 * shared) over () / nullif(sum(in_either) over (), 0), 4) as period_jaccard,
    count(*) over () as days_observed,
    days_asked
from compared
order by date;

-- Turnover of a playlist: one row per usable day of the `days` days that end with its last usable day. turnover is the
-- share of the playlist that is replaced in a day: (added + removed) / (2 * size) / days_since_usable. The changes
-- happened in the days_since_usable days since the usable day before, on which the playlist held size_before tracks;
-- size is that of the day. adds_28_share is the share of the tracks of the day with added_at on it or up to 27 days
-- before it. Of the days_asked days, days_observed are usable. Changes, size_before and turnover are null on the first
-- usable day of all; turnover and adds_28_share are null while the playlist is empty. No rows for a playlist that was
-- never usable.
create function turnover(playlist text, days integer default 28)
returns table (
    date date, days_since_usable integer, size_before integer, size integer, added integer, removed integer,
    turnover double precision, adds_28_share double precision, days_observed integer, days_asked integer
)
as
with asked as (
    select
        playlist_id_of(playlist) as playlist_id,
        case
            when cast(days as integer) >= 1 then cast(days as integer)
            else cast(error('days must be 1 or more, not ' || coalesce(cast(days as varchar), 'null')) as integer)
        end as days_asked
),

usable_days as (
    select
        *,
        lag(size) over (order by date) as size_before,
        max(date) over () as last_day
    from playlist_days
    where
        playlist_id = (select asked.playlist_id from asked)
        and outcome in ('complete', 'unchanged')
),

found as (
    select
        usable_days.*,
        asked.days_asked
    from usable_days
    cross join asked
    where usable_days.date > usable_days.last_day - asked.days_asked
),

-- a track may be in a version more than once
held as (
    select distinct
        found.playlist_id,
        found.date,
        tracklists.track_id
    from found
    inner join tracklists
        on
            found.playlist_id = tracklists.playlist_id
            and found.date between tracklists.first_day and tracklists.last_day
    where
        can_be(tracklists.playlist_id, playlist)
        and tracklists.kind = 'track'
),

recent as (
    select
        held.date,
        count(*) as tracks
    from held
    inner join tracks_in_playlist as stays
        on
            held.playlist_id = stays.playlist_id
            and held.track_id = stays.track_id
            and held.date between stays.first_seen and stays.last_seen
    where stays.added_at > held.date - 28
    group by held.date
)

select
    found.date,
    found.days_since_usable,
    found.size_before,
    found.size,
    found.added,
    found.removed,
    round(
        cast(
            cast(found.added + found.removed as double precision)
            / nullif(2 * found.size * found.days_since_usable, 0) as decimal(18, 9)
        ),
        4
    ) as turnover,
    round(
        cast(cast(coalesce(recent.tracks, 0) as double precision) / nullif(found.size, 0) as decimal(18, 9)), 4
    ) as adds_28_share,
    count(*) over () as days_observed,
    found.days_asked
from found
left join recent on found.date = recent.date
order by found.date;

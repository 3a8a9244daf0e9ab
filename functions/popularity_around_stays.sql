-- Popularity of each track around each of its stays: mean and number of days with a value in the window_days days
-- before added_at, from added_at to last_seen, and in the window_days days after last_seen (none while the stay is
-- open). days_expected_before and days_expected_after are the days of these windows on which live runs took place.
-- Before is unknown for tracks that no playlist held earlier; after is unknown unless the track was followed
-- (followed_after: it has a value after the stay), so a mean over those that have one is a mean over tracks that
-- another playlist held, or that were followed after leaving.
create function popularity_around_stays(window_days integer default 28)
returns table (
    playlist_id varchar, playlist_name varchar, track_id varchar, track_name varchar, artists varchar,
    stay_number integer, added_at date, last_seen date, is_current boolean, mean_before double precision,
    days_before integer, days_expected_before integer, mean_during double precision, days_during integer,
    mean_after double precision, days_after integer, days_expected_after integer, followed_after boolean
)
as
with run_days as (
    select distinct date from runs
    where kind = 'read'
),

values_around as (
    select
        stays.playlist_id,
        stays.track_id,
        stays.stay_number,
        known.popularity,
        case
            when known.date < stays.added_at then 'before'
            when known.date <= stays.last_seen then 'during'
            when stays.is_ended then 'after'
        end as place
    from tracks_in_playlist as stays
    inner join track_daily_popularity as known
        on
            stays.track_id = known.track_id
            and known.date between stays.added_at - cast(window_days as integer)
            and stays.last_seen + cast(window_days as integer)
),

means as (
    select
        playlist_id,
        track_id,
        stay_number,
        avg(popularity) filter (where place = 'before') as mean_before,
        count(*) filter (where place = 'before') as days_before,
        avg(popularity) filter (where place = 'during') as mean_during,
        count(*) filter (where place = 'during') as days_during,
        avg(popularity) filter (where place = 'after') as mean_after,
        count(*) filter (where place = 'after') as days_after
    from values_around
    group by playlist_id, track_id, stay_number
),

-- Stays have few different starts and ends.
start_dates as (
    select distinct added_at from tracks_in_playlist
),

starts as (
    select
        added_at,
        (
            select count(*) from run_days
            where run_days.date < added_at and run_days.date >= added_at - cast(window_days as integer)
        ) as run_days
    from start_dates
),

end_dates as (
    select distinct last_seen from tracks_in_playlist
),

ends as (
    select
        last_seen,
        (
            select count(*) from run_days
            where run_days.date > last_seen and run_days.date <= last_seen + cast(window_days as integer)
        ) as run_days
    from end_dates
)

select
    stays.playlist_id,
    playlists.playlist_name,
    stays.track_id,
    track_info.track_name,
    track_info.artists,
    stays.stay_number,
    stays.added_at,
    stays.last_seen,
    stays.is_current,
    round(means.mean_before, 1) as mean_before,
    coalesce(means.days_before, 0) as days_before,
    starts.run_days as days_expected_before,
    round(means.mean_during, 1) as mean_during,
    coalesce(means.days_during, 0) as days_during,
    round(means.mean_after, 1) as mean_after,
    coalesce(means.days_after, 0) as days_after,
    case when stays.is_ended then ends.run_days else 0 end as days_expected_after,
    coalesce(means.days_after, 0) > 0 as followed_after
from tracks_in_playlist as stays
inner join starts on stays.added_at = starts.added_at
inner join ends on stays.last_seen = ends.last_seen
left join means
    on
        stays.playlist_id = means.playlist_id
        and stays.track_id = means.track_id
        and stays.stay_number = means.stay_number
left join playlists on stays.playlist_id = playlists.playlist_id
left join track_info on stays.track_id = track_info.track_id
order by stays.playlist_id, stays.track_id, stays.stay_number;

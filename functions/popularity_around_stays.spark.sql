-- Popularity of each track around each of its stays: mean and number of days with a value in the window_days days
-- before added_at, from added_at to last_seen, and in the window_days days after last_seen (none while the stay is
-- open). days_expected_before and days_expected_after are the days of these windows on which live runs took place.
-- Before is unknown for tracks that no playlist held earlier; after is unknown unless the track was followed
-- (followed_after: it has a value after the stay), so a mean over those that have one is a mean over tracks that
-- another playlist held, or that were followed after leaving.
create or replace function spotify.popularity_around_stays(window_days int default 28)
returns table (
    playlist_id string, playlist_name string, track_id string, track_name string, artists string, stay_number int,
    added_at date, last_seen date, is_current boolean, mean_before double, days_before int, days_expected_before int,
    mean_during double, days_during int, mean_after double, days_after int, days_expected_after int,
    followed_after boolean
)
return
with run_days as (
    select distinct date from spotify.runs
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
    from spotify.tracks_in_playlist as stays
    inner join spotify.track_daily_popularity as known
        on
            stays.track_id = known.track_id
            and known.date between date_sub(stays.added_at, window_days) and date_add(stays.last_seen, window_days)
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
    select distinct added_at from spotify.tracks_in_playlist
),

starts as (
    select
        start_dates.added_at,
        count(run_days.date) as run_days
    from start_dates
    left join run_days
        on
            run_days.date < start_dates.added_at
            and run_days.date >= date_sub(start_dates.added_at, window_days)
    group by start_dates.added_at
),

end_dates as (
    select distinct last_seen from spotify.tracks_in_playlist
),

ends as (
    select
        end_dates.last_seen,
        count(run_days.date) as run_days
    from end_dates
    left join run_days
        on
            run_days.date > end_dates.last_seen
            and run_days.date <= date_add(end_dates.last_seen, window_days)
    group by end_dates.last_seen
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
    round(means.mean_before, 1),
    cast(coalesce(means.days_before, 0) as int),
    cast(starts.run_days as int),
    round(means.mean_during, 1),
    cast(coalesce(means.days_during, 0) as int),
    round(means.mean_after, 1),
    cast(coalesce(means.days_after, 0) as int),
    cast(case when stays.is_ended then ends.run_days else 0 end as int),
    coalesce(means.days_after, 0) > 0
from spotify.tracks_in_playlist as stays
inner join starts on stays.added_at = starts.added_at
inner join ends on stays.last_seen = ends.last_seen
left join means
    on
        stays.playlist_id = means.playlist_id
        and stays.track_id = means.track_id
        and stays.stay_number = means.stay_number
left join spotify.playlists on stays.playlist_id = playlists.playlist_id
left join spotify.track_info on stays.track_id = track_info.track_id
order by stays.playlist_id, stays.track_id, stays.stay_number

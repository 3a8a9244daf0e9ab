-- Popularity of each track around each of its stays: mean and number of observed days in the window_days days before
-- added_at, from added_at to last_seen, and in the window_days days after last_seen (none while the stay is open).
create macro popularity_around_stays(window_days := 28) as table
select
    stays.playlist_id,
    stays.track_id,
    stays.stay_number,
    stays.added_at,
    stays.last_seen,
    stays.is_current,
    round(avg(popularity) filter (date < added_at), 1) as mean_before,
    cast(count(popularity) filter (date < added_at) as integer) as days_before,
    round(avg(popularity) filter (date between added_at and last_seen), 1) as mean_during,
    cast(count(popularity) filter (date between added_at and last_seen) as integer) as days_during,
    round(avg(popularity) filter (date > last_seen and not is_current), 1) as mean_after,
    cast(count(popularity) filter (date > last_seen and not is_current) as integer) as days_after
from tracks_in_playlist as stays
left join track_daily_popularity
    on
        stays.track_id = track_daily_popularity.track_id
        and track_daily_popularity.date between stays.added_at - cast(window_days as integer)
        and stays.last_seen + cast(window_days as integer)
group by all
order by stays.playlist_id, stays.track_id, stays.stay_number;

-- Popularity of each track around each of its stays: mean and number of observed days in the window_days days before
-- added_at, from added_at to last_seen, and in the window_days days after last_seen (none while the stay is open).
create or replace function spotify.popularity_around_stays(window_days integer default 28)
returns table (
    playlist_id varchar, track_id varchar, stay_number integer, added_at date, last_seen date, is_current boolean,
    mean_before double precision, days_before integer, mean_during double precision, days_during integer,
    mean_after double precision, days_after integer
)
language sql stable set search_path = pg_catalog, pg_temp as $$
with days as (
    select
        stays.*,
        popularity,
        case when date < added_at then 'before' when date <= last_seen then 'during' when not is_current then 'after' end
            as place
    from spotify.tracks_in_playlist as stays
    left join spotify.track_daily_popularity as known
        on
            stays.track_id = known.track_id
            and known.date between stays.added_at - window_days and stays.last_seen + window_days
)

select
    playlist_id,
    track_id,
    stay_number,
    added_at,
    last_seen,
    is_current,
    round(avg(popularity) filter (where place = 'before'), 1),
    (count(popularity) filter (where place = 'before'))::integer,
    round(avg(popularity) filter (where place = 'during'), 1),
    (count(popularity) filter (where place = 'during'))::integer,
    round(avg(popularity) filter (where place = 'after'), 1),
    (count(popularity) filter (where place = 'after'))::integer
from days
group by playlist_id, track_id, stay_number, added_at, last_seen, is_current
order by playlist_id, track_id, stay_number
$$;

-- Popularity of each track around each of its stays: mean and number of observed days in the window_days days before
-- added_at, from added_at to last_seen, and in the window_days days after last_seen (none while the stay is open).
create or replace function spotify.popularity_around_stays(window_days int default 28)
returns table (
    playlist_id string, track_id string, stay_number int, added_at date, last_seen date, is_current boolean,
    mean_before double, days_before int, mean_during double, days_during int, mean_after double, days_after int
)
return
with days as (
    select
        stays.*,
        known.popularity,
        case
            when known.date < stays.added_at then 'before'
            when known.date <= stays.last_seen then 'during'
            when not stays.is_current then 'after'
        end as place
    from spotify.tracks_in_playlist as stays
    left join spotify.track_daily_popularity as known
        on
            stays.track_id = known.track_id
            and known.date between date_sub(stays.added_at, window_days) and date_add(stays.last_seen, window_days)
)

select
    playlist_id,
    track_id,
    stay_number,
    added_at,
    last_seen,
    is_current,
    round(avg(popularity) filter (where place = 'before'), 1),
    cast(count(popularity) filter (where place = 'before') as int),
    round(avg(popularity) filter (where place = 'during'), 1),
    cast(count(popularity) filter (where place = 'during') as int),
    round(avg(popularity) filter (where place = 'after'), 1),
    cast(count(popularity) filter (where place = 'after') as int)
from days
group by playlist_id, track_id, stay_number, added_at, last_seen, is_current
order by playlist_id, track_id, stay_number

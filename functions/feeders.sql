-- Which other playlists had tracks before a playlist. For each other playlist: of the `tracks` tracks that were seen to
-- enter it, the share that entered the given playlist on a later day (tracks_later of them), and the median of the days
-- between. The day of an entry is added_at; a start before the watch is no entry. In the other playlist, the first
-- entry of a track counts; in the given one, only its first stay: a track that it held before did not come later.
-- tracks_first is how many of the tracks seen to enter the given playlist the other one held before that day, including
-- those it held since before the watch. A share is no proof that one took from the other. No row for playlists without
-- such tracks, and for a playlist that was never usable.
create function feeders(playlist text)
returns table (
    playlist_id varchar, playlist_name varchar, tracks integer, tracks_later integer, share double precision,
    median_lag_days double precision, tracks_first integer
)
as
with asked as (
    select playlist_id_of(playlist) as playlist_id
),

received as (
    select
        stays.track_id,
        stays.added_at
    from tracks_in_playlist as stays
    where
        stays.playlist_id = (select asked.playlist_id from asked)
        and stays.stay_number = 1
        and not stays.starts_before_watch
),

others as (
    select
        stays.playlist_id,
        stays.track_id,
        min(stays.added_at) as held_from,
        min(stays.added_at) filter (where not stays.starts_before_watch) as entered_at
    from tracks_in_playlist as stays
    where stays.playlist_id <> (select asked.playlist_id from asked)
    group by stays.playlist_id, stays.track_id
),

compared as (
    select
        others.playlist_id,
        others.entered_at,
        case when others.entered_at < received.added_at then received.added_at - others.entered_at end as lag_days,
        case when others.held_from < received.added_at then 1 end as is_first
    from others
    left join received on others.track_id = received.track_id
),

counted as (
    select
        playlist_id,
        count(entered_at) as tracks,
        count(lag_days) as tracks_later,
        percentile_cont(0.5) within group (order by lag_days) as median_lag_days,
        count(is_first) as tracks_first
    from compared
    group by playlist_id
)

select
    counted.playlist_id,
    playlists.playlist_name,
    counted.tracks,
    counted.tracks_later,
    round(
        cast(cast(counted.tracks_later as double precision) / counted.tracks as decimal(18, 9)), 4
    ) as share,
    counted.median_lag_days,
    counted.tracks_first
from counted
left join playlists on counted.playlist_id = playlists.playlist_id
where counted.tracks_later > 0
order by cast(counted.tracks_later as double precision) / counted.tracks desc, counted.playlist_id asc;

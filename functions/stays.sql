-- Stays as in tracks_in_playlist, merged if the track returned within gap_days days (the days between last_seen and the
-- next first_seen). days_seen counts this stay, total_days_seen all stays of the track in the playlist; reentry is 0
-- for the first stay; gaps are the bridged absences.
create function stays(gap_days integer default 0)
returns table (
    playlist_id varchar, playlist_name varchar, track_id varchar, track_name varchar, artists varchar,
    stay_number integer, added_at date, last_seen date, first_seen date, first_absent date,
    starts_before_watch boolean, is_current boolean, days_seen integer, total_days_seen integer, reentry integer,
    gaps integer
)
as
with pieces as (
    select
        *,
        lag(last_seen) over (partition by playlist_id, track_id order by stay_number) as last_seen_before
    from tracks_in_playlist
),

numbered as (
    select
        *,
        count(*) filter (where last_seen_before is null or first_seen - last_seen_before - 1 > gap_days)
            over (partition by playlist_id, track_id order by stay_number) as merged_number
    from pieces
),

merged as (
    select
        playlist_id,
        track_id,
        merged_number as stay_number,
        min(added_at) as added_at,
        max(last_seen) as last_seen,
        min(first_seen) as first_seen,
        case when not bool_or(is_current) then max(first_absent) end as first_absent,
        bool_or(starts_before_watch) as starts_before_watch,
        bool_or(is_current) as is_current,
        sum(days_seen) as days_seen,
        count(*) - 1 as gaps
    from numbered
    group by playlist_id, track_id, merged_number
)

select
    merged.playlist_id,
    playlists.playlist_name,
    merged.track_id,
    track_info.track_name,
    track_info.artists,
    merged.stay_number,
    merged.added_at,
    merged.last_seen,
    merged.first_seen,
    merged.first_absent,
    merged.starts_before_watch,
    merged.is_current,
    merged.days_seen,
    sum(merged.days_seen) over (partition by merged.playlist_id, merged.track_id) as total_days_seen,
    merged.stay_number - 1 as reentry,
    merged.gaps
from merged
left join playlists on merged.playlist_id = playlists.playlist_id
left join track_info on merged.track_id = track_info.track_id;

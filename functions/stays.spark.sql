-- Stays as in tracks_in_playlist, merged if the track returned within gap_days days (the days between last_seen and the
-- next first_seen). days_seen counts this stay, total_days_seen all stays of the track in the playlist; reentry is 0
-- for the first stay; gaps are the bridged absences.
create or replace function spotify.stays(gap_days int default 0)
returns table (
    playlist_id string, playlist_name string, track_id string, track_name string, artists string, stay_number int,
    added_at date, last_seen date, first_seen date, first_absent date, starts_before_watch boolean, is_current boolean,
    days_seen int, total_days_seen int, reentry int, gaps int
)
return
with pieces as (
    select
        *,
        lag(last_seen) over (partition by playlist_id, track_id order by stay_number) as last_seen_before
    from spotify.tracks_in_playlist
),

begun as (
    select
        *,
        if(last_seen_before is null or datediff(first_seen, last_seen_before) - 1 > gap_days, 1, 0) as begins
    from pieces
),

numbered as (
    select
        *,
        sum(begins) over (partition by playlist_id, track_id order by stay_number) as merged_number
    from begun
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
    cast(merged.stay_number as int),
    merged.added_at,
    merged.last_seen,
    merged.first_seen,
    merged.first_absent,
    merged.starts_before_watch,
    merged.is_current,
    cast(merged.days_seen as int),
    cast(sum(merged.days_seen) over (partition by merged.playlist_id, merged.track_id) as int),
    cast(merged.stay_number - 1 as int),
    cast(merged.gaps as int)
from merged
left join spotify.playlists on merged.playlist_id = playlists.playlist_id
left join spotify.track_info on merged.track_id = track_info.track_id

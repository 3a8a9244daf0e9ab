-- Stays as in tracks_in_playlist, merged if the track returned within gap_days days (the days between last_seen and the
-- next first_seen). days_seen counts this stay, total_days_seen all stays of the track in the playlist; reentry is 0
-- for the first stay; gaps are the bridged absences.
create macro stays(gap_days := 0) as table
with pieces as (
    select
        *,
        lag(last_seen) over (partition by playlist_id, track_id order by stay_number) as last_seen_before
    from tracks_in_playlist
),

numbered as (
    select
        *,
        count(*) filter (last_seen_before is null or first_seen - last_seen_before - 1 > gap_days)
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
    playlist_id,
    track_id,
    cast(stay_number as integer) as stay_number,
    added_at,
    last_seen,
    first_seen,
    first_absent,
    starts_before_watch,
    is_current,
    cast(days_seen as integer) as days_seen,
    cast(sum(days_seen) over (partition by playlist_id, track_id) as integer) as total_days_seen,
    cast(stay_number - 1 as integer) as reentry,
    cast(gaps as integer) as gaps
from merged;

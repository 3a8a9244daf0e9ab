-- Stays as in tracks_in_playlist, merged if the track returned within gap_days days (the days between last_seen and the
-- next first_seen). days_seen counts this stay, total_days_seen all stays of the track in the playlist; reentry is 0
-- for the first stay; gaps are the bridged absences.
create or replace function spotify.stays(gap_days integer default 0)
returns table (
    playlist_id varchar, track_id varchar, stay_number integer, added_at date, last_seen date, first_seen date,
    first_absent date, starts_before_watch boolean, is_current boolean, days_seen integer, total_days_seen integer,
    reentry integer, gaps integer
)
language sql stable set search_path = pg_catalog, pg_temp as $$
with pieces as (
    select
        *,
        lag(last_seen) over (partition by playlist_id, track_id order by stay_number) as last_seen_before
    from spotify.tracks_in_playlist
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
    playlist_id,
    track_id,
    stay_number::integer,
    added_at,
    last_seen,
    first_seen,
    first_absent,
    starts_before_watch,
    is_current,
    days_seen::integer,
    (sum(days_seen) over (partition by playlist_id, track_id))::integer,
    (stay_number - 1)::integer,
    gaps::integer
from merged
$$;

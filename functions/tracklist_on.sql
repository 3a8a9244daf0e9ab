-- Contents of a playlist on a day, in order. If the day proves nothing (outcome says why), there is one row with null
-- position and track_id; nearest_usable_day is the day to query instead (the earlier of two equally near days). An
-- empty playlist has one row, of kind empty.
create function tracklist_on(playlist text, day date)
returns table (
    playlist_id varchar, date date, outcome varchar, nearest_usable_day date, position integer, kind varchar,
    track_id varchar, track_name varchar, artists varchar, claimed_at timestamp
)
as
with asked as materialized (
    select
        playlist_id_of(playlist) as playlist_id,
        cast(day as date) as on_day
),

days as (
    select
        playlist_days.playlist_id,
        asked.on_day,
        coalesce(max(case when playlist_days.date = asked.on_day then playlist_days.outcome end), 'not_run') as outcome,
        max(case when playlist_days.date <= asked.on_day and outcome in ('complete', 'unchanged') then date end)
            as usable_day_before,
        min(case when playlist_days.date >= asked.on_day and outcome in ('complete', 'unchanged') then date end)
            as usable_day_after
    from playlist_days
    inner join asked on playlist_days.playlist_id = asked.playlist_id
    group by playlist_days.playlist_id, asked.on_day
),

nearest as (
    select
        *,
        case
            when usable_day_before is null then usable_day_after
            when usable_day_after - on_day < on_day - usable_day_before then usable_day_after
            else usable_day_before
        end as nearest_usable_day
    from days
),

entries as (
    select tracklists.*
    from tracklists
    inner join nearest
        on
            tracklists.playlist_id = nearest.playlist_id
            and nearest.on_day between tracklists.first_day and tracklists.last_day
    where can_be(tracklists.playlist_id, playlist)
)

select
    nearest.playlist_id,
    nearest.on_day as date,
    nearest.outcome,
    nearest.nearest_usable_day,
    entries.position,
    entries.kind,
    entries.track_id,
    track_info.track_name,
    track_info.artists,
    entries.claimed_at
from nearest
left join entries on nearest.on_day = nearest.nearest_usable_day
left join track_info on entries.track_id = track_info.track_id
order by entries.position;

-- Contents of a playlist on a day, in order. If the day proves nothing (outcome says why), there is one row with null
-- position and track_id; nearest_usable_day is the day to query instead (the earlier of two equally near days). An
-- empty playlist has one row, of kind empty.
create macro tracklist_on(playlist, day) as table
with asked as (
    select
        playlist_days.playlist_id,
        cast(day as date) as date,
        coalesce(any_value(outcome) filter (date = cast(day as date)), 'not_run') as outcome,
        arg_min(date, (abs(date - cast(day as date)), date)) filter (outcome in ('complete', 'unchanged'))
            as nearest_usable_day
    from playlist_days
    where playlist_id = playlist_id_of(playlist)
    group by playlist_id
),

version as (
    select max(first_day) as first_day
    from tracklists
    where playlist_id = playlist_id_of(playlist) and first_day <= cast(day as date)
)

select
    asked.playlist_id,
    asked.date,
    asked.outcome,
    asked.nearest_usable_day,
    tracklists.position,
    tracklists.kind,
    tracklists.track_id,
    track_info.name,
    track_info.artists,
    tracklists.added_at
from asked
cross join version
left join tracklists
    on
        asked.playlist_id = tracklists.playlist_id
        and version.first_day = tracklists.first_day
        and asked.nearest_usable_day = asked.date
left join track_info on tracklists.track_id = track_info.track_id
order by tracklists.position;

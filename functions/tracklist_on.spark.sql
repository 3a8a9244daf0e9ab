-- Contents of a playlist on a day, in order. If the day proves nothing (outcome says why), there is one row with null
-- position and track_id; nearest_usable_day is the day to query instead (the earlier of two equally near days). An
-- empty playlist has one row, of kind empty.
create or replace function spotify.tracklist_on(playlist string, day date)
returns table (
    playlist_id string, date date, outcome string, nearest_usable_day date, position int, kind string,
    track_id string, track_name string, artists string, claimed_at timestamp_ntz
)
return
with days as (
    select
        playlist_id,
        date,
        outcome,
        day as asked_day,
        abs(datediff(date, day)) as distance
    from spotify.playlist_days
    where playlist_id = spotify.playlist_id_of(playlist)
),

asked as (
    select
        playlist_id,
        asked_day,
        coalesce(max(outcome) filter (where date = asked_day), 'not_run') as outcome,
        min_by(date, struct(distance, date))
            filter (where outcome in ('complete', 'unchanged')) as nearest_usable_day
    from days
    group by playlist_id, asked_day
),

version as (
    select max(first_day) as first_day
    from spotify.tracklists
    where playlist_id = spotify.playlist_id_of(playlist) and first_day <= day
)

select
    asked.playlist_id,
    asked.asked_day,
    asked.outcome,
    asked.nearest_usable_day,
    tracklists.position,
    tracklists.kind,
    tracklists.track_id,
    track_info.track_name,
    track_info.artists,
    tracklists.claimed_at
from asked
cross join version
left join spotify.tracklists
    on
        asked.playlist_id = tracklists.playlist_id
        and version.first_day = tracklists.first_day
        and asked.nearest_usable_day = asked.asked_day
left join spotify.track_info on tracklists.track_id = track_info.track_id
order by tracklists.position

-- What changed in all playlists after a day: one row per change whose date is later than the day. date is the first
-- complete or unchanged read that shows the change, date_before the last such read before it: the change happened after
-- date_before and no later than date, so perhaps before the day asked for. change is added (in no earlier read),
-- returned, removed or replaced. A replacement of a track id by another id of the same recording is one row: track_id
-- is the new id and replaced_track_id the old one. replaced_track_id is null for other changes. The tracks of a
-- playlist's first read are not changes. Days that were not read completely show no changes: see coverage.
create function changes_since(day date)
returns table (
    playlist_id varchar, playlist_name varchar, change varchar, track_id varchar, track_name varchar, artists varchar,
    replaced_track_id varchar, date date, date_before date
)
as
with asked as (
    select day as after_day
),

changes as (
    select
        playlist_changes.playlist_id,
        case when playlist_changes.is_replacement then 'replaced' else playlist_changes.change end as change,
        playlist_changes.track_id,
        playlist_changes.other_track_id as replaced_track_id,
        playlist_changes.date,
        playlist_changes.date_before
    from asked
    inner join playlist_changes on playlist_changes.date > cast(asked.after_day as date)
    where not (playlist_changes.is_replacement and playlist_changes.change = 'removed')
)

select
    changes.playlist_id,
    playlists.playlist_name,
    changes.change,
    changes.track_id,
    track_info.track_name,
    track_info.artists,
    changes.replaced_track_id,
    changes.date,
    changes.date_before
from changes
left join playlists on changes.playlist_id = playlists.playlist_id
left join track_info on changes.track_id = track_info.track_id
order by
    playlists.playlist_name asc, changes.date desc, changes.change asc, track_info.track_name asc, changes.track_id asc,
    changes.playlist_id asc;

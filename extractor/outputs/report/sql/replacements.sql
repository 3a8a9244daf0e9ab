-- Tracks that took the place of another id of the same recording, by the day of the read that shows it.
select
    playlist_numbers.playlist,
    changes.date - $first_day as day,
    new_tracks.track,
    old_tracks.track as replaced
from playlist_changes as changes
inner join playlist_numbers on changes.playlist_id = playlist_numbers.playlist_id
inner join track_numbers as new_tracks on changes.track_id = new_tracks.track_id
inner join track_numbers as old_tracks on changes.other_track_id = old_tracks.track_id
where
    changes.is_replacement
    and changes.change <> 'removed'
    and changes.date >= $first_day
order by playlist_numbers.playlist, changes.date, new_tracks.track

-- The versions of the names and descriptions of playlists.
select
    playlist_numbers.playlist,
    playlist_history.valid_from - $first_day as first,
    playlist_history.playlist_name as name,
    playlist_history.description
from playlist_history
inner join playlist_numbers on playlist_history.playlist_id = playlist_numbers.playlist_id
order by playlist_numbers.playlist, playlist_history.valid_from

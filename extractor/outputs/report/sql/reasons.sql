-- Why playlists were not read completely, by day.
select
    playlist_numbers.playlist,
    playlist_days.date - $first_day as day,
    playlist_days.reason
from playlist_days
inner join playlist_numbers on playlist_days.playlist_id = playlist_numbers.playlist_id
where playlist_days.date >= $first_day and playlist_days.reason is not null
order by playlist_numbers.playlist, playlist_days.date

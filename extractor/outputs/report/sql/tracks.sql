select
    track_info.track_id as id,
    track_info.track_name as name,
    track_info.artists,
    track_info.album_name as album,
    year(track_info.release_date) as released
from track_numbers
inner join track_info on track_numbers.track_id = track_info.track_id
order by track_numbers.track

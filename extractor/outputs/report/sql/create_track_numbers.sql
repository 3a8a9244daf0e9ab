-- The index of each track in the page: those with a stay in its playlists that had not ended before the days shown,
-- and, if the page has all playlists, those with a popularity value in these days.
create temp table track_numbers as
with shown as (
    select stays.track_id
    from tracks_in_playlist as stays
    inner join playlist_numbers on stays.playlist_id = playlist_numbers.playlist_id
    where stays.first_absent is null or stays.first_absent >= $first_day
    union
    select track_id
    from track_daily_popularity
    where $playlists is null and date >= $first_day
)

select
    track_info.track_id,
    row_number() over (order by track_info.artists, track_info.track_name, track_info.track_id) - 1 as track
from track_info
inner join shown on track_info.track_id = shown.track_id

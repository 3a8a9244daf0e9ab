-- When the tracks of an artist, alone or with others, were in playlists: one row per playlist, track and stay, as in
-- tracks_in_playlist. first_absent is null while the stay is open (is_current). entry_position and last_position are
-- the positions on the first and last day of the stay, the first one of several. days_seen is the number of days on
-- which the track was seen there; other days of the stay do not prove that it was absent: see coverage. No rows if no
-- playlist held any of the tracks.
create function artist_presence(artist text)
returns table (
    playlist_id varchar, playlist_name varchar, track_id varchar, track_name varchar, stay_number integer,
    added_at date, last_seen date, first_absent date, is_current boolean, entry_position integer,
    last_position integer, days_seen integer
)
as
with asked as materialized (
    select artist_id_of(artist) as artist_id
),

tracks as (
    select distinct track_artists.track_id
    from track_artists
    inner join asked on track_artists.artist_id = asked.artist_id
)

select
    stays.playlist_id,
    playlists.playlist_name,
    stays.track_id,
    track_info.track_name,
    stays.stay_number,
    stays.added_at,
    stays.last_seen,
    stays.first_absent,
    stays.is_current,
    stays.entry_position,
    stays.last_position,
    stays.days_seen
from tracks_in_playlist as stays
inner join tracks on stays.track_id = tracks.track_id
left join playlists on stays.playlist_id = playlists.playlist_id
left join track_info on stays.track_id = track_info.track_id
order by playlists.playlist_name, stays.playlist_id, stays.added_at, stays.track_id, stays.stay_number;

-- The index of each playlist in the page: of all, or of those in the array $playlists.
create temp table playlist_numbers as
select
    playlist_id,
    row_number() over (order by lower(coalesce(playlist_name, label, playlist_id)), playlist_id) - 1 as playlist
from playlists
where $playlists is null or list_contains($playlists, playlist_id)

-- False if the playlist is given as an id, Spotify URI or link of another playlist than playlist_id. True for names: it
-- only lets DuckDB skip the contents of other playlists before it looks the playlist up.
create function can_be(playlist_id text, playlist text)
returns boolean
as
select
    playlist_id = id_in(playlist, 'playlist')
    or not id_in(playlist, 'playlist') ~ '^[0-9A-Za-z]{22}$';

-- False if the playlist is given as an id, Spotify URI or link of another playlist than playlist_id. True for names: it
-- only lets DuckDB skip the contents of other playlists before it looks the playlist up.
create function can_be(playlist_id text, playlist text)
returns boolean
as
select
    playlist_id = regexp_extract(
        trim(playlist),
        '^(?:(?:https?://)?open\.spotify\.com/(?:intl-\w+/)?playlist/|spotify:playlist:)?'
        || '([0-9A-Za-z]{22})/?(?:[?#].*)?$',
        1
    )
    or not regexp_matches(
        trim(playlist),
        '^(?:(?:https?://)?open\.spotify\.com/(?:intl-\w+/)?playlist/|spotify:playlist:)?'
        || '([0-9A-Za-z]{22})/?(?:[?#].*)?$'
    );

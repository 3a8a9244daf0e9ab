-- Always true: PostgreSQL finds the contents of a playlist by an index. In DuckDB it is false for other playlists.
create or replace function spotify.can_be(playlist_id text, playlist text) returns boolean
language sql immutable as $$ select true $$;

-- The playlist id in an id, Spotify URI or link. Null for null; an error for anything else.
create or replace function spotify.playlist_id_of(playlist text) returns text
language plpgsql immutable strict set search_path = pg_catalog, pg_temp as $$
begin
    if trim(playlist) !~ '^((https?://)?open\.spotify\.com/(intl-\w+/)?(user/[^/]+/)?playlist/|spotify:(user:[^:]+:)?playlist:)?[0-9A-Za-z]{22}/?([?#].*)?$' then
        raise exception '% is no Spotify playlist id, URI or link', playlist;
    end if;
    return substring(trim(playlist) from '([0-9A-Za-z]{22})/?([?#].*)?$');
end
$$;

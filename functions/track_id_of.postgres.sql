-- The track id in an id, Spotify URI or link. Null for null; an error for anything else.
create or replace function spotify.track_id_of(track text) returns text
language plpgsql immutable strict set search_path = pg_catalog, pg_temp as $$
begin
    if trim(track) !~ '^((https?://)?open\.spotify\.com/(intl-\w+/)?track/|spotify:track:)?[0-9A-Za-z]{22}/?([?#].*)?$' then
        raise exception '% is no Spotify track id, URI or link', track;
    end if;
    return substring(trim(track) from '([0-9A-Za-z]{22})/?([?#].*)?$');
end
$$;

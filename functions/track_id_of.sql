-- The track id in an id, Spotify URI or link. Null for null; an error for anything else.
create macro track_id_of(track) as
case
    when track is null then null
    when regexp_matches(trim(track), '^((https?://)?open\.spotify\.com/(intl-\w+/)?track/|spotify:track:)?[0-9A-Za-z]{22}/?([?#].*)?$')
        then regexp_extract(trim(track), '([0-9A-Za-z]{22})/?([?#].*)?$', 1)
    else error(format('{} is no Spotify track id, URI or link', track))
end;

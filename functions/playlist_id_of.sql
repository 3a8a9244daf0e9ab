-- The playlist id in an id, Spotify URI or link. Null for null; an error for anything else.
create macro playlist_id_of(playlist) as
case
    when playlist is null then null
    when regexp_matches(trim(playlist), '^((https?://)?open\.spotify\.com/(intl-\w+/)?(user/[^/]+/)?playlist/|spotify:(user:[^:]+:)?playlist:)?[0-9A-Za-z]{22}/?([?#].*)?$')
        then regexp_extract(trim(playlist), '([0-9A-Za-z]{22})/?([?#].*)?$', 1)
    else error(format('{} is no Spotify playlist id, URI or link', playlist))
end;

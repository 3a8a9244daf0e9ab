-- The playlist id in an id, Spotify URI or link. Null for null; an error for anything else.
create or replace function spotify.playlist_id_of(playlist string)
returns string
return
case
    when playlist is null then null
    when trim(playlist) rlike r'^((https?://)?open\.spotify\.com/(intl-\w+/)?(user/[^/]+/)?playlist/|spotify:(user:[^:]+:)?playlist:)?[0-9A-Za-z]{22}/?([?#].*)?$'
        then regexp_extract(trim(playlist), r'([0-9A-Za-z]{22})/?([?#].*)?$', 1)
    else raise_error(concat(playlist, ' is no Spotify playlist id, URI or link'))
end

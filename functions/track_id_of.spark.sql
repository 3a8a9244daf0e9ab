-- The track id in an id, Spotify URI or link. Null for null; an error for anything else.
create or replace function spotify.track_id_of(track string)
returns string
return
case
    when track is null then null
    when trim(track) rlike r'^((https?://)?open\.spotify\.com/(intl-\w+/)?track/|spotify:track:)?[0-9A-Za-z]{22}/?([?#].*)?$'
        then regexp_extract(trim(track), r'([0-9A-Za-z]{22})/?([?#].*)?$', 1)
    else raise_error(concat(track, ' is no Spotify track id, URI or link'))
end

-- The id in an id, Spotify URI or link of a kind: playlist, track or artist. Any other text as it is, without blanks
-- around it.
create function id_in(given text, kind text)
returns varchar
as
select
    regexp_replace(
        trim(given),
        '^(?:(?:https?://)?open\.spotify\.com/(?:intl-\w+/)?' || kind || '/|spotify:' || kind
        || ':)?([0-9A-Za-z]{22})/?(?:[?#].*)?$',
        '\1'
    );

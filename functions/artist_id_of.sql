-- The id of an artist given as an id, Spotify URI or link, or by its name if only one has it. Null for null; an error
-- if it is not known, or if several have that name: the error lists them.
create function artist_id_of(artist text)
returns varchar
as
select
    case
        when artist is null then null
        when count(*) = 1 then min(artist_id)
        when count(*) = 0 then error('artist ' || artist || ' is not known: there is none with this id or name')
        else error(
            'artist ' || artist || ' is ambiguous: ' || count(*) || ' have this name; give the id of one: '
            || left(string_agg(artist_id, ', ' order by artist_id), 238)
        )
    end
from artists
where
    artist_id = regexp_replace(
        trim(artist),
        '^(?:(?:https?://)?open\.spotify\.com/(?:intl-\w+/)?artist/|spotify:artist:)?([0-9A-Za-z]{22})/?(?:[?#].*)?$',
        '\1'
    )
    or (
        -- what looks like an id is no name
        not trim(artist) ~ '^[0-9A-Za-z]{22}$'
        and lower(trim(artist_name)) = lower(trim(artist))
    );

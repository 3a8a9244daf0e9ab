-- The id of an artist given as an id, Spotify URI or link, or by its name if only one has it. Null for null; an error
-- if it is not known, or if several have that name: the error lists them.
create function artist_id_of(artist text)
returns varchar
as
with asked as materialized (
    select
        id_in(artist, 'artist') as wanted_id,
        lower(trim(artist)) as wanted_name
)

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
inner join asked
    on
        artists.artist_id = asked.wanted_id
        -- what looks like an id is no name
        or (
            not asked.wanted_id ~ '^[0-9A-Za-z]{22}$'
            and asked.wanted_name in (lower(trim(artist_name)))
        );

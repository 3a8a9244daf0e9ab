-- The id of a playlist given as an id, Spotify URI or link, or by its label or name if only one has it. Null for null;
-- an error if it is not watched, or if several have that name: the error lists them.
create function playlist_id_of(playlist text)
returns varchar
as
with asked as materialized (
    select
        id_in(playlist, 'playlist') as wanted_id,
        lower(trim(playlist)) as wanted_name
)

select
    case
        when playlist is null then null
        when count(*) = 1 then min(playlist_id)
        when count(*) = 0
            then error('playlist ' || playlist || ' is not watched: there is none with this id, label or name')
        else error(
            'playlist ' || playlist || ' is ambiguous: ' || count(*) || ' have this label or name; give the id of one: '
            || left(string_agg(playlist_id, ', ' order by playlist_id), 238)
        )
    end
from playlists
inner join asked
    on
        playlists.playlist_id = asked.wanted_id
        -- what looks like an id is no name
        or (
            not asked.wanted_id ~ '^[0-9A-Za-z]{22}$'
            and asked.wanted_name in (lower(trim(label)), lower(trim(playlist_name)))
        );

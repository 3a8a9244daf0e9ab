-- The id of a track given as an id, Spotify URI or link, or by its label or name if only one has it. Null for null;
-- an error if it is not known, or if several have that name: the error lists them.
create function track_id_of(track text)
returns varchar
as
with asked as materialized (
    select
        id_in(track, 'track') as wanted_id,
        lower(trim(track)) as wanted_name
)

select
    case
        when track is null then null
        when count(*) = 1 then min(track_id)
        when count(*) = 0
            then error('track ' || track || ' is not known: there is none with this id, label or name')
        else error(
            'track ' || track || ' is ambiguous: ' || count(*) || ' have this label or name; give the id of one: '
            || left(string_agg(track_id, ', ' order by track_id), 238)
        )
    end
from track_info
inner join asked
    on
        track_info.track_id = asked.wanted_id
        -- what looks like an id is no name
        or (
            not asked.wanted_id ~ '^[0-9A-Za-z]{22}$'
            and asked.wanted_name in (lower(trim(label)), lower(trim(track_name)))
        );

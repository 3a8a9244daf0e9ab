-- Playlists, tracks and artists whose name or label contains the text, in upper or lower case, or whose id is the text,
-- given as an id, Spotify URI or link. % and _ are not wildcards. The cover: the latest names of all playlists ever
-- watched and of all tracks and artists ever described. kind is playlist, track or artist. label is null if there is
-- none, as for every artist; artists is null except for tracks. playlists is the number of playlists that hold the
-- track, or any track of the artist, now, by the last complete or unchanged read of each; null for a playlist. Exact
-- matches of a name, label or id come first. No rows for an empty text.
create function find(text text)
returns table (kind varchar, id varchar, name varchar, label varchar, artists varchar, playlists integer)
as
with kinds as (
    select 'playlist' as kind

    union all

    select 'track' as kind

    union all

    select 'artist' as kind
),

asked as materialized (
    select
        kind,
        lower(trim(text)) as wanted,
        id_in(text, kind) as wanted_id
    from kinds
    where trim(text) <> ''
),

candidates as (
    select
        'playlist' as kind,
        playlist_id as id,
        playlist_name as name,
        label,
        cast(null as varchar) as artists
    from playlists

    union all

    select
        'track' as kind,
        track_id as id,
        track_name as name,
        label,
        artists
    from track_info

    union all

    select
        'artist' as kind,
        artist_id as id,
        artist_name as name,
        cast(null as varchar) as label,
        cast(null as varchar) as artists
    from artists
),

matches as (
    select
        candidates.*,
        candidates.id = asked.wanted_id
        or lower(trim(coalesce(candidates.name, ''))) = asked.wanted
        or lower(trim(coalesce(candidates.label, ''))) = asked.wanted as is_exact
    from candidates
    inner join asked on candidates.kind = asked.kind
    where
        candidates.id = asked.wanted_id
        or strpos(lower(candidates.name), asked.wanted) > 0
        or strpos(lower(candidates.label), asked.wanted) > 0
),

tracks_of_matches as (
    select
        kind,
        id,
        id as track_id
    from matches
    where kind = 'track'

    union all

    select
        matches.kind,
        matches.id,
        track_artists.track_id
    from matches
    inner join track_artists on matches.id = track_artists.artist_id
    where matches.kind = 'artist'
),

held as (
    select
        tracks_of_matches.kind,
        tracks_of_matches.id,
        count(distinct stays.playlist_id) as playlists
    from tracks_of_matches
    inner join tracks_in_playlist as stays on tracks_of_matches.track_id = stays.track_id
    where stays.is_current
    group by tracks_of_matches.kind, tracks_of_matches.id
)

select
    matches.kind,
    matches.id,
    matches.name,
    matches.label,
    matches.artists,
    case when matches.kind <> 'playlist' then coalesce(held.playlists, 0) end as playlists
from matches
left join held
    on
        matches.kind = held.kind
        and matches.id = held.id
order by matches.is_exact desc, matches.kind asc, matches.name asc, matches.id asc;

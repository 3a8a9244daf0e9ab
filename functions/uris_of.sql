-- Spotify URIs of the tracks in a playlist on a day, in order and with repetitions, to paste into Spotify. position is
-- the position in the playlist: it skips entries that are not tracks with an id (episodes, local files, content that
-- Spotify could not show). No rows unless the day is complete or unchanged: see coverage.
create function uris_of(playlist text, day date)
returns table (uri varchar, position integer)
as
with asked as materialized (
    select
        playlist_id_of(playlist) as playlist_id,
        day as on_day
),

usable as (
    select
        playlist_days.playlist_id,
        playlist_days.date
    from asked
    inner join playlist_days
        on
            asked.playlist_id = playlist_days.playlist_id
            and cast(asked.on_day as date) = playlist_days.date
    where playlist_days.outcome in ('complete', 'unchanged')
)

select
    'spotify:track:' || tracklists.track_id as uri,
    tracklists.position
from usable
inner join tracklists
    on
        usable.playlist_id = tracklists.playlist_id
        and usable.date between tracklists.first_day and tracklists.last_day
where
    can_be(tracklists.playlist_id, playlist)
    and tracklists.kind = 'track'
order by tracklists.position;

-- Tracks that were in playlist_a, playlist_b or both on a day: the position in each (the first one of several) and
-- added_at of the stay on that day. Both are null for a playlist without the track; added_at and the names are also
-- null for a track that no answer described. Ordered by position_a, then position_b. No rows unless the day is complete
-- or unchanged in both playlists: see coverage.
create function compare_playlists(playlist_a text, playlist_b text, day date)
returns table (
    track_id varchar, track_name varchar, artists varchar, is_in_a boolean, is_in_b boolean, position_a integer,
    position_b integer, added_a date, added_b date
)
as
with asked as materialized (
    select
        'a' as side,
        playlist_id_of(playlist_a) as playlist_id,
        day as on_day

    union all

    select
        'b' as side,
        playlist_id_of(playlist_b) as playlist_id,
        day as on_day
),

usable as (
    select
        asked.side,
        playlist_days.playlist_id,
        playlist_days.date,
        count(*) over () as usable_sides
    from asked
    inner join playlist_days
        on
            asked.playlist_id = playlist_days.playlist_id
            and cast(asked.on_day as date) = playlist_days.date
    where playlist_days.outcome in ('complete', 'unchanged')
),

entries as (
    select
        usable.side,
        usable.playlist_id,
        usable.date,
        tracklists.track_id,
        min(tracklists.position) as first_position
    from usable
    inner join tracklists
        on
            usable.playlist_id = tracklists.playlist_id
            and usable.date between tracklists.first_day and tracklists.last_day
    where
        (can_be(tracklists.playlist_id, playlist_a) or can_be(tracklists.playlist_id, playlist_b))
        and tracklists.kind = 'track'
        and usable.usable_sides = 2
    group by usable.side, usable.playlist_id, usable.date, tracklists.track_id
),

compared as (
    select
        entries.track_id,
        min(entries.first_position) filter (where entries.side = 'a') as position_a,
        min(entries.first_position) filter (where entries.side = 'b') as position_b,
        min(stays.added_at) filter (where entries.side = 'a') as added_a,
        min(stays.added_at) filter (where entries.side = 'b') as added_b
    from entries
    left join tracks_in_playlist as stays
        on
            entries.playlist_id = stays.playlist_id
            and entries.track_id = stays.track_id
            and entries.date between stays.first_seen and stays.last_seen
    group by entries.track_id
)

select
    compared.track_id,
    track_info.track_name,
    track_info.artists,
    compared.position_a is not null as is_in_a,
    compared.position_b is not null as is_in_b,
    compared.position_a,
    compared.position_b,
    compared.added_a,
    compared.added_b
from compared
left join track_info on compared.track_id = track_info.track_id
order by compared.position_a, compared.position_b, compared.track_id;

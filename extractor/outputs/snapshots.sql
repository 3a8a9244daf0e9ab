-- One row per entry of a playlist on a usable day: the neutral table that ./run.sh import reads, from published tables.
-- What a local file, an episode or another entry was is not published: its URI has its kind only.
with days as (
    select playlist_id, date, snapshot_id, followers
    from playlist_days
    where outcome in ('complete', 'unchanged')
),

versions as (
    select playlist_id, first_day, count(position) as total
    from tracklists
    group by all
),

dated as (
    select days.*, versions.first_day, versions.total
    from days
    asof join versions on days.playlist_id = versions.playlist_id and days.date >= versions.first_day
),

named as (
    select dated.*, history.playlist_name, history.description, history.owner_id
    from dated
    asof left join playlist_history as history
        on dated.playlist_id = history.playlist_id and dated.date >= history.valid_from
),

artists as (
    select track_id, list(artist_name order by artist_position) as artists
    from track_artists
    group by all
)

select
    named.playlist_id,
    named.date as day,
    tracklists.position,
    case tracklists.kind
        when 'track' then 'spotify:track:' || tracklists.track_id
        when 'local' then 'spotify:local:'
        when 'episode' then 'spotify:episode:'
        when 'other' then 'spotify:unknown:'
    end as uri,
    strftime(tracklists.claimed_at, '%Y-%m-%dT%H:%M:%SZ') as added_at,
    named.playlist_name,
    named.description as playlist_description,
    named.owner_id,
    named.followers,
    named.snapshot_id,
    named.total,
    track_info.track_name,
    artists.artists,
    track_info.album_name as album,
    track_info.release_date,
    track_info.duration_ms,
    track_info.isrc,
    track_info.is_explicit as explicit,
    track_daily_popularity.popularity,
    chart_positions.streams,
    playlists.kind
from named
inner join playlists on named.playlist_id = playlists.playlist_id
inner join tracklists on named.playlist_id = tracklists.playlist_id and named.first_day = tracklists.first_day
left join track_info on tracklists.track_id = track_info.track_id
left join artists on tracklists.track_id = artists.track_id
left join track_daily_popularity
    on tracklists.track_id = track_daily_popularity.track_id and named.date = track_daily_popularity.date
left join chart_positions
    on
        named.playlist_id = chart_positions.playlist_id
        and named.date = chart_positions.date
        and tracklists.position = chart_positions.rank

with run_events as (select * from {{ ref('stg_spotify__run_events') }}),

starts as (
    select * from run_events
    where event = 'start'
),

ends as (
    select * from run_events
    where event = 'end'
),

final as (
    select
        starts.run_id,
        starts.worker,
        starts.day,
        starts.watched,
        starts.discovers_tracks,
        starts.observed_at as started_at,
        ends.observed_at as ended_at,
        ends.playlists_asked,
        ends.playlists_answered,
        ends.playlists_failed,
        ends.tracks_asked,
        ends.tracks_answered,
        ends.tracks_failed,
        ends.requests,
        ends.waited_seconds,
        ends.exit_code,
        ends.bulk_tracks,
        ends.playlist_items,
        ends.popularity,
        ends.tracks_without_popularity
    from starts
    left join ends on starts.run_id = ends.run_id
)

select * from final

{{ config(unique_key='run_id') }}

-- Every run: its start event joined with its end event. A run without an end was killed or is still running.
with run_events as (
    select * from {{ ref('stg_spotify__run_events') }}
    where
        load_number >= {{ first_load_to_unpack() if is_incremental() else 0 }}
        and load_number <= {{ up_to_load() }}
),

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
        starts.kind,
        case when starts.kind = 'import' then starts.source end as source,
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

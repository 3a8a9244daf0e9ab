with runs as (select * from {{ ref('int_runs') }}),

final as (
    select
        run_id,
        worker,
        day as date,
        kind,
        source,
        started_at,
        ended_at,
        playlists_asked,
        playlists_answered,
        playlists_failed,
        tracks_asked,
        tracks_answered,
        tracks_failed,
        requests,
        waited_seconds,
        exit_code,
        bulk_tracks as has_bulk_tracks,
        playlist_items,
        popularity as has_popularity,
        tracks_without_popularity
    from runs
)

select * from final

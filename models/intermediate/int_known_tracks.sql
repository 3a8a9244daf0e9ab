-- Tracks that are followed: asked for themselves, watched, or found in a watched list by a run that discovers tracks.
with readings as (

    select * from {{ ref('int_track_readings') }}

),

run_events as (

    select * from {{ ref('stg_spotify__run_events') }}

),

watched as (

    select * from {{ ref('stg_spotify__watched') }}

),

discovering_runs as (

    select run_id
    from run_events
    where discovers_tracks

),

watched_tracks as (

    select spotify_id
    from watched
    where kind = 'track'

),

final as (

    select distinct track_id
    from readings
    where
        endpoint = 'tracks'
        or run_id in (select run_id from discovering_runs)
        or track_id in (select spotify_id from watched_tracks)

)

select * from final

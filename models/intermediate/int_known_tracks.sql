-- Tracks that are followed: asked for themselves, watched, or found in a watched list by a run that discovers tracks.
with readings as (

    select * from {{ ref('int_track_readings') }}

),

runs as (

    select * from {{ ref('int_runs') }}

),

watched as (

    select * from {{ ref('stg_spotify__watched') }}

),

watched_tracks as (

    select spotify_id
    from watched
    where kind = 'track'

),

final as (

    select distinct readings.track_id
    from readings
    left join runs on readings.run_id = runs.run_id
    where
        readings.endpoint = 'tracks'
        or runs.discovers_tracks
        or readings.track_id in (select watched_tracks.spotify_id from watched_tracks)

)

select * from final

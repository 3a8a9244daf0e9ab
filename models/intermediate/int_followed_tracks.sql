{{ config(
    incremental_strategy='append',
    post_hook='{{ remember_build() }}',
) }}

-- Tracks that were asked for themselves, or found in a watched list by a run that discovers tracks.
with readings as (select * from {{ ref('int_track_readings') }}),

runs as (select * from {{ ref('int_runs') }}),

followed_tracks as (
    select * from {{ state_of('int_followed_tracks', {'track_id': 'varchar'}) }} as state
),

final as (
    select distinct readings.track_id
    from readings
    left join runs on readings.run_id = runs.run_id
    where
        readings.load_number > {{ last_load_built() }}
        and (readings.endpoint = 'tracks' or runs.discovers_tracks)
        and readings.track_id not in (select followed_tracks.track_id from followed_tracks)
)

select * from final

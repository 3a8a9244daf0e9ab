{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ forget_rebuilt(ref('int_touched_tracks'), 'track_id') }}",
    post_hook='{{ remember_build() }}',
) }}
{{ refuse_partial_refresh(ref('int_touched_tracks'), ref('int_track_readings'), 'track_id') }}

{% set state = state_of('int_track_versions', {'track_id': 'varchar', 'day': 'date', 'description_hash': 'varchar'}) %}

-- Days on which a track's description, the last one of the day, was not that of the last day it was seen.
with readings as (

    select * from {{ ref('int_track_readings') }}

),

touched_tracks as (

    select * from {{ ref('int_touched_tracks') }}

),

tracks_that_go_on as (

    select * from touched_tracks
    where not is_rebuilt

),

state as (

    select * from {{ state }} as versions
    where track_id in (select tracks_that_go_on.track_id from tracks_that_go_on)

),

last_days as (

    select
        track_id,
        max(day) as day
    from state
    group by track_id

),

known_versions as (

    select
        state.track_id,
        state.description_hash
    from state
    inner join last_days
        on
            state.track_id = last_days.track_id
            and state.day = last_days.day

),

last_of_day as (

    select
        readings.track_id,
        readings.day,
        readings.description_hash,
        readings.load_number,
        row_number() over (
            partition by readings.track_id, readings.day
            order by readings.observed_at desc, readings.description_hash asc
        ) as latest_first
    from readings
    inner join touched_tracks on readings.track_id = touched_tracks.track_id
    where
        touched_tracks.is_rebuilt
        or readings.load_number > {{ last_load_built() }}

),

compared as (

    select
        last_of_day.track_id,
        last_of_day.day,
        last_of_day.description_hash,
        max(last_of_day.load_number) over (partition by last_of_day.track_id) as load_number,
        coalesce(
            lag(last_of_day.description_hash) over (partition by last_of_day.track_id order by last_of_day.day),
            known_versions.description_hash
        ) as description_hash_before
    from last_of_day
    left join known_versions on last_of_day.track_id = known_versions.track_id
    where last_of_day.latest_first = 1

),

final as (

    select
        track_id,
        day,
        description_hash,
        load_number
    from compared
    where description_hash_before is null or description_hash <> description_hash_before

)

select * from final

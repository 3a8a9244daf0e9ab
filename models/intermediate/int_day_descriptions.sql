-- The description that a track had last on a day: of new days, or of all where its versions are made anew.
with readings as (

    select * from {{ ref('int_track_readings') }}

),

touched_tracks as (

    select * from {{ ref('int_touched_tracks') }}

),

ranked as (

    select
        readings.*,
        row_number() over (
            partition by readings.track_id, readings.day
            order by readings.observed_at desc, readings.description_hash asc
        ) as latest_first
    from readings
    inner join touched_tracks on readings.track_id = touched_tracks.track_id
    where
        touched_tracks.is_rebuilt
        or readings.load_number > {{ last_load_built(['int_track_versions']) }}

),

final as (

    select
        track_id,
        day,
        description_hash,
        load_number
    from ranked
    where latest_first = 1

)

select * from final

-- Tracks with new readings, and whether their versions are made anew: where a reading is no later than one that was
-- worked off before.
with readings as (select * from {{ ref('int_track_readings') }}),

new_days as (
    select
        track_id,
        min(day) as first_day
    from readings
    where load_number > {{ last_load_built(['int_track_versions']) }}
    group by track_id
),

known_days as (
    select
        track_id,
        max(day) as last_day
    from readings
    where
        load_number <= {{ last_load_built(['int_track_versions']) }}
        and day >= {{ first_new_day(ref('int_track_readings'), 'int_track_versions') }}
    group by track_id
),

final as (
    select
        new_days.track_id,
        coalesce(new_days.first_day <= known_days.last_day, false)
        or {{ last_load_built(['int_track_versions']) }} = 0 as is_rebuilt
    from new_days
    left join known_days on new_days.track_id = known_days.track_id
)

select * from final

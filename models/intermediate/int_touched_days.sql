-- Days with new readings of popularity, however late.
with readings as (select * from {{ ref('int_track_readings') }}),

final as (
    select distinct
        day,
        {{ last_load_built(['track_daily_popularity']) }} = 0 as is_rebuilt
    from readings
    where load_number > {{ last_load_built(['track_daily_popularity']) }}
)

select * from final

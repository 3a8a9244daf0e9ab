-- Days on which a track's description was not the one of the last day it was seen.
with readings as (

    select * from {{ ref('int_track_readings') }}

),

known_tracks as (

    select * from {{ ref('int_known_tracks') }}

),

last_of_day as (

    select
        track_id,
        day,
        description_hash,
        row_number() over (
            partition by track_id, day
            order by observed_at desc, description_hash asc
        ) as latest_first
    from readings
    where track_id in (select known_tracks.track_id from known_tracks)

),

compared as (

    select
        track_id,
        day,
        description_hash,
        lag(description_hash) over (partition by track_id order by day) as description_hash_before
    from last_of_day
    where latest_first = 1

),

final as (

    select
        track_id,
        day,
        description_hash
    from compared
    where description_hash is distinct from description_hash_before

)

select * from final

-- The description that a track had last on a day: of new days, or of all where its versions are made anew.
with readings as (select * from {{ ref('int_track_readings') }}),

rebuilt_tracks as (
    select * from {{ ref('int_touched_tracks') }}
    where is_rebuilt
),

read as (
    select * from readings
    where
        load_number > {{ last_load_built(['int_track_versions']) }}
        or (
            {{ makes_anew(ref('int_touched_tracks')) }}
            and track_id in (select rebuilt_tracks.track_id from rebuilt_tracks)
        )
),

ranked as (
    select
        *,
        row_number() over (
            partition by track_id, day
            order by observed_at desc, description_hash asc
        ) as latest_first
    from read
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

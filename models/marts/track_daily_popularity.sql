{{ config(
    materialized='incremental',
    unique_key='date',
    post_hook='{{ remember_build() }}',
) }}
{{ refuse_partial_refresh(ref('int_touched_days'), ref('int_track_readings'), 'day') }}

-- A day that got a new reading, however late, is replaced whole.
with readings as (select * from {{ ref('int_track_readings') }}),

touched_days as (select * from {{ ref('int_touched_days') }}),

latest_first as (
    select
        track_id,
        day,
        popularity,
        observed_at,
        -- a list may say 0 where another one, or the track itself, says more: which of them was read last is chance
        row_number() over (
            partition by track_id, day
            order by
                case when endpoint = 'playlists' and popularity = 0 then 1 else 0 end asc,
                observed_at desc,
                popularity desc
        ) as place
    from readings
    where
        popularity is not null
        and day in (select touched_days.day from touched_days)
),

final as (
    select
        track_id,
        day as date,
        popularity,
        observed_at
    from latest_first
    where place = 1
)

select * from final

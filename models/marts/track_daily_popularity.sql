{{ config(unique_key='date') }}

-- Replaces all rows of each day that has new sightings, including late days.
with track_days as {{ not_materialized() }} (select * from {{ ref('int_track_days') }}),

touched_days as (
    select distinct day
    from track_days
    where {{ is_new_fact() }}
),

final as (
    select
        track_id,
        day as date,
        popularity,
        popularity_observed_at as observed_at,
        popularity_weight < 0 as is_imported
    from track_days
    where
        popularity is not null
        and day in (select touched_days.day from touched_days)
)

select * from final

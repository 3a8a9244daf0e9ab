{{ config(materialized='view') }}
{% set mapped = mapped_columns(model.columns) %}

with track_info_history as {{ not_materialized() }} (select * from {{ ref('track_info_history') }}),

watched as (
    select * from {{ ref('int_watched') }}
    where kind = 'track'
),

track_days as {{ not_materialized() }} (select * from {{ ref('int_track_days') }}),

last_live_day as (
    select max(day) as day
    from track_days
    where description_weight >= 0
),

first_days as (
    select
        track_id,
        min(valid_from) as day
    from track_info_history
    group by track_id
),

followed as (
    select track_id
    from track_days
    where
        is_followed
        and day = (select last_live_day.day from last_live_day)
),

final as (
    select
        track_info_history.track_id,
        {% for column in mapped -%}
            track_info_history.{{ column.name }},
        {% endfor -%}
        watched.label,
        coalesce(watched.is_watched, false) as is_watched,
        followed.track_id is not null as is_followed,
        first_days.day as first_described_date,
        track_info_history.valid_from as updated_date
    from track_info_history
    inner join first_days on track_info_history.track_id = first_days.track_id
    left join watched on track_info_history.track_id = watched.spotify_id
    left join followed on track_info_history.track_id = followed.track_id
    where track_info_history.valid_to is null
)

select * from final

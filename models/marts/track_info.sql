{{ config(materialized='view') }}
{% set mapped = mapped_columns(model.columns) %}

with track_info_history as {{ not_materialized() }} (select * from {{ ref('track_info_history') }}),

first_days as (
    select
        track_id,
        min(valid_from) as first_seen
    from track_info_history
    group by track_id
),

final as (
    select
        track_info_history.track_id,
        {% for column in mapped -%}
            track_info_history.{{ column.name }},
        {% endfor -%}
        first_days.first_seen,
        track_info_history.valid_from as updated_at
    from track_info_history
    inner join first_days
        on track_info_history.track_id = first_days.track_id
    where track_info_history.valid_to is null
)

select * from final

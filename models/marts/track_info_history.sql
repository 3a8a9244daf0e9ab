{% set mapped = mapped_columns(model.columns) %}

with description_days as (

    select * from {{ ref('int_track_description_days') }}

),

descriptions as (

    select * from {{ ref('int_track_descriptions') }}

),

described as (

    select
        {% for column in mapped -%}
            {{ mapped_value('descriptions.description', column) }} as {{ column.name }},
        {% endfor -%}
        description_days.track_id,
        description_days.day
    from description_days
    inner join descriptions
        on description_days.description_hash = descriptions.description_hash

),

compared as (

    select
        *,
        case
            when lag(day) over by_track is null then true
            {% for column in mapped -%}
                when ({{ column.name }} is distinct from lag({{ column.name }}) over by_track) then true
            {% endfor -%}
            else false
        end as is_new_version
    from described
    window by_track as (partition by track_id order by day)

),

final as (

    select
        track_id,
        {% for column in mapped -%}
            {{ column.name }},
        {% endfor -%}
        day as valid_from,
        cast({{ dbt.dateadd('day', -1, 'lead(day) over (partition by track_id order by day)') }} as date) as valid_to
    from compared
    where is_new_version

)

select * from final

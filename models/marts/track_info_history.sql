{% set mapped = mapped_columns(model.columns) %}

with description_days as (

    select * from {{ ref('int_track_description_days') }}

),

descriptions as (

    select * from {{ ref('int_track_descriptions') }}

),

described as (

    select
        description_days.track_id,
        description_days.day
        {%- for name in mapped %},
        {{ mapped_value('descriptions.description', model.columns[name]) }} as {{ name }}
        {%- endfor %}
    from description_days
    inner join descriptions
        on description_days.description_hash = descriptions.description_hash

),

compared as (

    select
        *,
        lag(day) over by_track is null
        {%- for name in mapped %}
        or {{ name }} is distinct from lag({{ name }}) over by_track
        {%- endfor %} as is_new_version
    from described
    window by_track as (partition by track_id order by day)

),

final as (

    select
        track_id,
        {%- for name in mapped %}
        {{ name }},
        {%- endfor %}
        day as valid_from,
        cast({{ dbt.dateadd('day', -1, 'lead(day) over (partition by track_id order by day)') }} as date) as valid_to
    from compared
    where is_new_version

)

select * from final

{# The days a stay is stated by are days on which its list was proven complete or unchanged. #}
{% test days_are_usable(model, columns, calendar) %}
with stays as (

    select * from {{ model }}

),

usable_days as (

    select
        playlist_id,
        date
    from {{ calendar }}
    where outcome in ('complete', 'unchanged')

)

{% for column in columns -%}
    select stays.*
    from stays
    left join usable_days on stays.playlist_id = usable_days.playlist_id and stays.{{ column }} = usable_days.date
    where stays.{{ column }} is not null and usable_days.date is null
    {{ 'union all' if not loop.last }}
{% endfor %}
{% endtest %}

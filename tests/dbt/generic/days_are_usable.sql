{# Days that a row states, where they are not null, are days on which its playlist was proven complete or unchanged. #}
{% test days_are_usable(model, columns, calendar) %}
with stated as (

    select * from {{ model }}

),

usable_days as (

    select
        playlist_id,
        date
    from {{ calendar }}
    where outcome in ('complete', 'unchanged')

)

select stated.*
from stated
{% for column in columns -%}
    left join usable_days as usable_{{ loop.index }}
        on
            stated.playlist_id = usable_{{ loop.index }}.playlist_id
            and stated.{{ column }} = usable_{{ loop.index }}.date
{% endfor -%}
where
    {% for column in columns -%}
        {{ 'or ' if not loop.first -}}
        (stated.{{ column }} is not null and usable_{{ loop.index }}.date is null)
    {% endfor %}
{% endtest %}

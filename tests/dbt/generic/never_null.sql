{# These columns are never null; one test for all of them, because each test costs a day's build a moment. #}
{% test never_null(model, columns) %}
select *
from {{ model }}
where {% for column in columns %}{{ column }} is null {{ 'or ' if not loop.last }}{% endfor %}
{% endtest %}

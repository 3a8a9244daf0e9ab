{# The values of a group as one text, in a stated order. #}

{% macro ordered_text(expression, order) -%}
    {{ return(adapter.dispatch('ordered_text', 'spotify')(expression, order)) }}
{%- endmacro %}

{% macro duckdb__ordered_text(expression, order) -%}string_agg({{ expression }}, '|' order by {{ order }}){%- endmacro %}

{# A value of the wrong type in an answer becomes null, never an error that stops the day. #}

{% macro cast_or_null(text, data_type) -%}
    {{ return(adapter.dispatch('cast_or_null', 'spotify')(text, data_type)) }}
{%- endmacro %}

{% macro duckdb__cast_or_null(text, data_type) -%}try_cast({{ text }} as {{ data_type }}){%- endmacro %}

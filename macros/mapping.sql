{# The mapping of an answer's fields to columns: a column whose properties have a `meta.path` is read from there. #}

{% macro mapped_columns(columns) -%}
    {#- names of the mapped columns of a model, in the order of its properties file -#}
    {%- set mapped = [] -%}
    {%- for column in columns.values() if column.config.meta.path is defined -%}
        {%- do mapped.append(column.name) -%}
    {%- endfor -%}
    {{ return(mapped) }}
{%- endmacro %}

{% macro mapped_value(answer, column) -%}
    {%- set text = json_text(answer, column.config.meta.path.split('.')) -%}
    {%- if column.data_type == 'date' -%}
        {{ partial_date(text) }}
    {%- elif column.data_type == 'varchar' -%}
        {{ text }}
    {%- else -%}
        {{ cast_or_null(text, column.data_type) }}
    {%- endif -%}
{%- endmacro %}

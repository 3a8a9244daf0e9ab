{# The mapping of fields of an answer to columns: a column with `meta.path` in its properties is read from that path. #}

{% macro mapped_columns(columns) -%}
    {%- set mapped = [] -%}
    {%- for column in columns.values() if column.config.meta.path is defined -%}
        {%- do mapped.append(column) -%}
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

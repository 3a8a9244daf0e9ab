{# Whether an incremental model's columns are still of the types that its table has: dbt's own question. #}

{% macro postgres__diff_column_data_types(source_columns, target_columns) -%}
    {#- what an expression gives is a text or a number of no stated length, which fits each that a contract states -#}
    {%- set changed = [] -%}
    {%- for difference in default__diff_column_data_types(source_columns, target_columns) -%}
        {%- do changed.append(difference) if difference.new_type not in ('text', 'numeric') -%}
    {%- endfor -%}
    {{ return(changed) }}
{%- endmacro %}

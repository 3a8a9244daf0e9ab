{# Whether the columns of an incremental model still have the types of its table: overrides dbt's macro. #}

{% macro postgres__diff_column_data_types(source_columns, target_columns) -%}
    {#- an expression returns text or numbers of unspecified length, which fit every length in a contract -#}
    {%- set changed = [] -%}
    {%- for difference in default__diff_column_data_types(source_columns, target_columns) -%}
        {%- do changed.append(difference) if difference.new_type not in ('text', 'numeric') -%}
    {%- endfor -%}
    {{ return(changed) }}
{%- endmacro %}

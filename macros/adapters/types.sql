{# The project names types as most engines do. #}

{% macro sql_type(name) -%}{{ return(adapter.dispatch('sql_type', 'spotify')(name)) }}{%- endmacro %}

{% macro default__sql_type(name) -%}{{ return(name) }}{%- endmacro %}

{% macro spark__sql_type(name) -%}{{ return('string' if name == 'varchar' else name) }}{%- endmacro %}

{% macro spark__get_empty_schema_sql(columns) -%}
    {#- dbt's own seam for what a contract promises -#}
    select
        {% for column in columns.values() -%}
            cast(null as {{ sql_type(column.data_type) }}) as {{ column.name }}{{ ',' if not loop.last }}
        {% endfor %}
    where false
{%- endmacro %}

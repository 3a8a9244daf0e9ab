{# Types and their names. #}

{% macro sql_type(name) -%}{{ return(adapter.dispatch('sql_type', 'spotify')(name)) }}{%- endmacro %}

{% macro default__sql_type(name) -%}{{ return(name) }}{%- endmacro %}

{% macro spark__sql_type(name) -%}{{ return('string' if name == 'varchar' else name) }}{%- endmacro %}

{#- A text that sorts by its bytes, whatever the locale of the database -#}
{% macro in_byte_order(text) -%}{{ return(adapter.dispatch('in_byte_order', 'spotify')(text)) }}{%- endmacro %}

{% macro default__in_byte_order(text) -%}{{ text }}{%- endmacro %}

{% macro postgres__in_byte_order(text) -%}{{ text }} collate "C"{%- endmacro %}

{% macro spark__get_empty_schema_sql(columns) -%}
    {#- overrides dbt's macro for an empty relation with the types of a contract -#}
    select
        {% for column in columns.values() -%}
            cast(null as {{ sql_type(column.data_type) }}) as {{ column.name }}{{ ',' if not loop.last }}
        {% endfor %}
    where false
{%- endmacro %}

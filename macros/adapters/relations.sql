{# Names of relations. A view must not contain the name of its database: the published copy has another name. #}

{% macro ref() -%}
    {%- set relation = builtins.ref(*varargs, **kwargs) -%}
    {{ return(relation if relation.is_cte else relation.include(database=false)) }}
{%- endmacro %}

{#- For an import CTE of a large table that a model reads twice: DuckDB and PostgreSQL would read all of it into memory -#}
{% macro not_materialized() -%}{{ return(adapter.dispatch('not_materialized', 'spotify')()) }}{%- endmacro %}

{% macro default__not_materialized() -%}not materialized{%- endmacro %}

{% macro spark__not_materialized() -%}{%- endmacro %}

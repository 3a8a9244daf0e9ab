{# How a model of which a load may change any row is materialized, where dbt_project.yml doesn't say it by name. #}

{% macro changing() -%}{{ return(adapter.dispatch('changing', 'spotify')()) }}{%- endmacro %}

{% macro default__changing() -%}{{ return('incremental') }}{%- endmacro %}

{% macro spark__changing() -%}{{ return('table') }}{%- endmacro %}

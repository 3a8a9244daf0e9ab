{# How it comes into raw.built how far a model has come: with its rows, in one transaction; or, where there are none,
   at the end of dbt's run, and a build that was killed writes the same rows once more. #}

{% macro enter_build(model_name) -%}{{ return(adapter.dispatch('enter_build', 'spotify')(model_name)) }}{%- endmacro %}

{% macro default__enter_build(model_name) -%}
    insert into {{ ledger('built') }}
    select '{{ model_name }}', max(load_number) from {{ ledger('landing_files') }}
{%- endmacro %}

{% macro spark__enter_build(model_name) -%}{%- endmacro %}

{% macro enter_builds(results) -%}{{ return(adapter.dispatch('enter_builds', 'spotify')(results)) }}{%- endmacro %}

{% macro default__enter_builds(results) -%}{%- endmacro %}

{% macro spark__enter_builds(results) -%}
    {%- set built = results | selectattr('status', 'equalto', 'success')
        | selectattr('node.config.materialized', 'equalto', 'incremental') | map(attribute='node.name') | list -%}
    {%- if built -%}
        insert overwrite {{ ledger('built') }} partition (model)
        select last_load.load_number, models.model
        from (select max(load_number) as load_number from {{ ledger('landing_files') }}) as last_load
        cross join (values ('{{ built | join("'), ('") }}')) as models (model)
    {%- endif -%}
{%- endmacro %}

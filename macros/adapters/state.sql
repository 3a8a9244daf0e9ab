{# The rows of state.builds. On Spark, whose tables of Parquet files can't be updated, a passed build adds a row. #}

{#- dbt rolls back uncommitted changes of a hook -#}
{% macro start_build(build_number, up_to_load) -%}
    {{ return(adapter.dispatch('start_build', 'spotify')(build_number, up_to_load)) }}
{%- endmacro %}

{% macro default__start_build(build_number, up_to_load) -%}
    create schema if not exists state;
    create table if not exists state.builds (
        build_number integer, up_to_load integer, is_full_refresh boolean, rebuilds_facts boolean, has_passed boolean,
        facts_format integer
    );
    insert into state.builds
    values ({{ build_number }}, {{ up_to_load }}, {{ flags.FULL_REFRESH }}, {{ rebuilds_facts() }}, false, {{ facts_format() }});
    commit;
{%- endmacro %}

{% macro spark__start_build(build_number, up_to_load) -%}
    {%- do run_query('create schema if not exists state') -%}
    {%- do run_query(
        'create table if not exists state.builds (build_number int, up_to_load int, is_full_refresh boolean, '
        ~ 'rebuilds_facts boolean, has_passed boolean, facts_format int) using parquet'
    ) -%}
    insert into state.builds
    values ({{ build_number }}, {{ up_to_load }}, {{ flags.FULL_REFRESH }}, {{ rebuilds_facts() }}, false, {{ facts_format() }})
{%- endmacro %}

{% macro pass_build(build_number) -%}
    {{ return(adapter.dispatch('pass_build', 'spotify')(build_number)) }}
{%- endmacro %}

{% macro duckdb__pass_build(build_number) -%}
    update state.builds set has_passed = true where build_number = {{ build_number }}
{%- endmacro %}

{% macro postgres__pass_build(build_number) -%}
    {{ check_lock() }};
    update state.builds set has_passed = true where build_number = {{ build_number }};
    commit;
{%- endmacro %}

{% macro spark__pass_build(build_number) -%}
    insert into state.builds
    select build_number, up_to_load, is_full_refresh, rebuilds_facts, true, facts_format
    from state.builds
    where build_number = {{ build_number }}
    limit 1
{%- endmacro %}

{#- most tables are rebuilt there, from all facts -#}
{% macro spark__last_derived_load() -%}{{ return(0) }}{%- endmacro %}

{#- rows of a failed build are in partitions that the next build overwrites -#}
{% macro spark__delete_new_rows() -%}select 1{%- endmacro %}

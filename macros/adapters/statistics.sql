{# Statistics and indexes of PostgreSQL, which has no statistics on a table just written. #}

{% macro collect_statistics() -%}{{ return(adapter.dispatch('collect_statistics', 'spotify')()) }}{%- endmacro %}

{% macro default__collect_statistics() -%}{%- endmacro %}

{% macro postgres__collect_statistics() -%}
    {#- post-hook. Not for arrays: no query searches them, and each would be read completely. -#}
    {%- if config.get('materialized') != 'view' -%}
        {%- set columns = adapter.get_columns_in_relation(this) | rejectattr('dtype', 'equalto', 'ARRAY') -%}
        analyze {{ this }} ({{ columns | map(attribute='quoted') | join(', ') }})
    {%- endif -%}
{%- endmacro %}

{% macro postgres__register_raw() -%}
    {%- do run_query('analyze raw.answers, raw.playlist_entries, raw.answered_objects, raw.landing_files') -%}
{%- endmacro %}

{% macro postgres__create_indexes(relation) -%}
    {#- overrides dbt's macro: creates the indexes in meta.indexes of a model's properties -#}
    {%- for index in config.get('meta', {}).get('indexes', []) -%}
        {%- do run_query('create index on ' ~ relation ~ ' using ' ~ index) -%}
    {%- endfor -%}
{%- endmacro %}

{% macro postgres__create_table_as(temporary, relation, sql) -%}
    {#- PostgreSQL materializes a CTE that is referenced twice, and so scans the whole table, even if the CTE only
        imports it -#}
    {%- set sql = sql | replace(' as (select * from ', ' as not materialized (select * from ') -%}
    {{ return(dbt.postgres__create_table_as(temporary, relation, sql)) }}
{%- endmacro %}

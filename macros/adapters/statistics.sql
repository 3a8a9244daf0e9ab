{# What PostgreSQL needs to find rows: statistics, as of a table just written it knows nothing, and indexes. #}

{% macro collect_statistics() -%}{{ return(adapter.dispatch('collect_statistics', 'spotify')()) }}{%- endmacro %}

{% macro default__collect_statistics() -%}{%- endmacro %}

{% macro postgres__collect_statistics() -%}
    {#- post-hook. Of arrays none: nothing is looked up in them, and each would be read whole. -#}
    {%- if config.get('materialized') != 'view' -%}
        {%- set columns = adapter.get_columns_in_relation(this) | rejectattr('dtype', 'equalto', 'ARRAY') -%}
        analyze {{ this }} ({{ columns | map(attribute='quoted') | join(', ') }})
    {%- endif -%}
{%- endmacro %}

{% macro postgres__register_raw() -%}
    {%- do run_query('analyze raw.answers, raw.playlist_entries, raw.answered_objects, raw.landing_files') -%}
{%- endmacro %}

{% macro postgres__create_indexes(relation) -%}
    {#- dbt's own seam: those that a model's properties name in meta.indexes -#}
    {%- for index in config.get('meta', {}).get('indexes', []) -%}
        {%- do run_query('create index on ' ~ relation ~ ' using ' ~ index) -%}
    {%- endfor -%}
{%- endmacro %}

{% macro postgres__create_table_as(temporary, relation, sql) -%}
    {#- PostgreSQL reads a table whole that a CTE only imports, if the CTE is referenced twice -#}
    {%- set sql = sql | replace(' as (select * from ', ' as not materialized (select * from ') -%}
    {{ return(dbt.postgres__create_table_as(temporary, relation, sql)) }}
{%- endmacro %}

{# Incremental models work off what has been loaded since they were last built, whatever day it is for: a late day
   is new by its load_number, not by its date. The ledgers of that are no sources: no row of a model comes from them. #}

{% macro ledger(name) -%}
    {{ return(api.Relation.create(schema='raw', identifier=name)) }}
{%- endmacro %}

{% macro last_load_built() -%}
    {#- a number, not a subquery, so that every engine can skip what lies before it; 0 builds everything -#}
    {%- if not (execute and is_incremental()) -%}
        {{ return(0) }}
    {%- endif -%}
    {%- set built -%}
        select coalesce(max(load_number), 0) from {{ ledger('built') }} where model = '{{ this.identifier }}'
    {%- endset -%}
    {{ return(run_query(built).columns[0].values()[0]) }}
{%- endmacro %}

{% macro remember_build() -%}
    insert into {{ ledger('built') }}
    select '{{ this.identifier }}', max(load_number) from {{ ledger('landing_files') }}
{%- endmacro %}

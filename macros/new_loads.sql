{# Incremental models work off what has been loaded since they were last built, whatever day it is for: a late day
   is new by its load_number, not by its date. raw.built remembers how far each model has come. #}

{% macro last_load_built() -%}
    {#- a number, not a subquery, so that every engine can skip what lies before it -#}
    {%- set built -%}
        select coalesce(max(load_number), 0) from {{ source('raw', 'built') }} where model = '{{ this.identifier }}'
    {%- endset -%}
    {{ return(run_query(built).columns[0].values()[0]) }}
{%- endmacro %}

{% macro remember_build() -%}
    insert into {{ source('raw', 'built') }}
    select '{{ this.identifier }}', max(load_number) from {{ source('raw', 'landing_files') }}
{%- endmacro %}

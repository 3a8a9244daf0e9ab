{# Incremental models work off what has been loaded since they were last built, whatever day it is for: a late day
   is new by its load_number, not by its date. The ledgers of that are no sources: no row of a model comes from them. #}

{% macro ledger(name) -%}
    {{ return(api.Relation.create(schema='raw', identifier=name)) }}
{%- endmacro %}

{% macro last_load_built(models=none) -%}
    {#- a number, not a subquery, so that every engine can skip what lies before it; 0 builds everything -#}
    {%- if not execute or flags.FULL_REFRESH or not (models or is_incremental()) -%}
        {{ return(0) }}
    {%- endif -%}
    {%- set built = adapter.get_relation(target.database, 'raw', 'built') -%}
    {%- set loads = [] -%}
    {%- for model in models or [this.identifier] if built -%}
        {%- set last_load = "select max(load_number) from " ~ built ~ " where model = '" ~ model ~ "'" -%}
        {%- do loads.append(run_query(last_load).columns[0].values()[0] or 0) -%}
    {%- endfor -%}
    {{ return(loads | min or 0) }}
{%- endmacro %}

{% macro first_load_to_unpack(readers) -%}
    {#- what the readers have not seen yet. A file loaded while it was written has pages in one load, and how the reading
        ended in the next: back to its pages. -#}
    {%- set built = last_load_built(readers) -%}
    {%- if built == 0 -%}
        {{ return(0) }}
    {%- endif -%}
    {%- set first_load -%}
        select least({{ built + 1 }}, min(beginnings.load_number))
        from {{ ledger('landing_files') }} as beginnings
        inner join {{ ledger('landing_files') }} as news on beginnings.file = news.file
        where news.load_number > {{ built }}
    {%- endset -%}
    {{ return(run_query(first_load).columns[0].values()[0]) }}
{%- endmacro %}

{% macro first_new_day(readings, model) -%}
    {#- a date, not a subquery, so that every engine can skip the days before it -#}
    {%- set first_day -%}
        select min(day) from {{ readings }} where load_number > {{ last_load_built([model]) }}
    {%- endset -%}
    {%- set day = run_query(first_day).columns[0].values()[0] if execute and load_relation(readings) -%}
    {{ return("date '" ~ day ~ "'" if day else 'null') }}
{%- endmacro %}

{% macro makes_anew(worked_out) -%}
    {#- asked before, so that what was worked off is looked into only where something is made anew -#}
    {%- set rebuilt = "select count(*) from " ~ worked_out ~ " where is_rebuilt" -%}
    {{ return(execute and load_relation(worked_out) and run_query(rebuilt).columns[0].values()[0] > 0) }}
{%- endmacro %}

{% macro refuse_partial_refresh(worked_out, everything, key='playlist_id') -%}
    {#- a model built anew from what was worked out for the last build only would lose the rest -#}
    {%- if execute and flags.WHICH in ('build', 'run') and not is_incremental() -%}
        {%- set left_out -%}
            select count(*)
            from (select {{ key }} from {{ everything }}) as everything
            where {{ key }} not in (select {{ key }} from {{ worked_out }} where is_rebuilt)
        {%- endset -%}
        {%- if run_query(left_out).columns[0].values()[0] > 0 -%}
            {{ exceptions.raise_compiler_error(
                this.identifier ~ " can't be built anew alone: rebuild everything with ./run.sh build --full-refresh"
            ) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{% macro remember_build() -%}
    {#- a model that is a table on this engine is made anew each time: it has worked off nothing -#}
    {%- if config.get('materialized') == 'incremental' -%}
        {{ enter_build(this.identifier) }}
    {%- endif -%}
{%- endmacro %}

{% macro forget_rebuilt(worked_out, key='playlist_id') -%}
    {#- pre-hook: what is made anew loses its rows first, because some of those may be no more -#}
    {%- if is_incremental() -%}
        delete from {{ this }} where {{ key }} in (select {{ key }} from {{ worked_out }} where is_rebuilt)
    {%- else -%}
        select 1
    {%- endif -%}
{%- endmacro %}

{% macro was_built(model_name) -%}
    {#- what is_incremental says of a model, for another one; on some engines, a model is a table that is made anew -#}
    {%- set state = adapter.get_relation(this.database, this.schema, model_name) if execute else none -%}
    {%- set how = graph.nodes['model.' ~ project_name ~ '.' ~ model_name].config.materialized if state -%}
    {{ return(how == 'incremental' and not flags.FULL_REFRESH) }}
{%- endmacro %}

{% macro state_of(model_name, columns) -%}
    {#- the rows of a later model as the last build left them: none before its first build, nor in a full refresh -#}
    {%- if was_built(model_name) -%}
        (select {{ columns | join(', ') }} from {{ adapter.get_relation(this.database, this.schema, model_name) }})
    {%- else -%}
        (
            select
                {% for name, type in columns.items() -%}
                    cast(null as {{ sql_type(type) }}) as {{ name }}{{ ',' if not loop.last }}
                {% endfor %}
            where false
        )
    {%- endif -%}
{%- endmacro %}

{# Which loads a build processes. on-run-start fixes the last of them in a row of state.builds, and on-run-end records
   there whether the build passed. The next build repeats the loads of a failed one, together with the loads since. #}

{% macro begin_build() -%}
    {#- on-run-start; a single hook, because each hook is a node -#}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
        {%- do register_raw() -%}
        {%- set last = last_build() -%}
        {%- if last and last.facts_format != facts_format() and not rebuilds_facts() -%}
            {{ exceptions.raise_compiler_error(
                'the tables are of format ' ~ last.facts_format ~ ', this version writes format ' ~ facts_format()
                ~ ': rebuild them with ./run.sh build --full-refresh'
            ) }}
        {%- endif -%}
        {%- if flags.FULL_REFRESH and not rebuilds_facts() -%}
            {%- do log_what_is_kept() -%}
        {%- endif -%}
        {%- set loads = run_query('select max(load_number) from ' ~ source('raw', 'landing_files')).columns[0].values()[0] -%}
        {%- if last_fact_load() > (loads or 0) -%}
            {{ exceptions.raise_compiler_error(
                'raw has ' ~ (loads or 0) ~ ' loads, the tables are made from ' ~ last_fact_load() ~ ': raw is a different one '
                ~ 'or an older copy. Restore it; or rebuild all tables from what has landed with ./run.sh build --full-refresh'
            ) }}
        {%- endif -%}
        {%- if purged_up_to() > last_fact_load() and not var('forget_purged', false) -%}
            {{ exceptions.raise_compiler_error(
                'answers of loads up to ' ~ purged_up_to() ~ ' were purged, but these tables have processed loads '
                ~ 'up to ' ~ last_fact_load() ~ ' only: restore the warehouse. To go on without the purged days: '
                ~ './run.sh build --full-refresh --forget-purged'
            ) }}
        {%- endif -%}
        {{ create_functions() }}
        {{ start_build((last.build_number if last else 0) + 1, last_load_to_read()) }}
        {%- do adapter.cache_added(
            api.Relation.create(database=target.database or none, schema='state', identifier='builds', type='table')
        ) -%}
    {%- endif -%}
{%- endmacro %}

{% macro end_build(results) -%}
    {#- on-run-end. A build passed only if it built everything, tested all rows that exist, and nothing failed. -#}
    {%- if execute and flags.WHICH == 'build' and not flags.EMPTY and not flags.SAMPLE -%}
        {%- set ran = [] -%}
        {%- set failed = [] -%}
        {%- for result in results -%}
            {%- do ran.append(result.node.unique_id) -%}
            {%- do failed.append(result.node.unique_id) if result.status not in ('success', 'pass', 'warn', 'no-op') -%}
        {%- endfor -%}
        {%- set missing = [] -%}
        {%- for node in graph.nodes.values() if node.resource_type in ('model', 'test') and node.config.enabled -%}
            {%- if node.unique_id not in ran and not ('all_rows' in node.tags and tests_changed_rows()) -%}
                {%- do missing.append(node.unique_id) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if not failed and not missing -%}
            {{ return(pass_build(last_build().build_number)) }}
        {%- endif -%}
        {%- do log('not passed: failed ' ~ failed ~ ', missing ' ~ missing, info=false) -%}
    {%- endif -%}
    {{ return('select 1') }}
{%- endmacro %}

{% macro facts_format() -%}
    {#- increase it when a fact's columns or meaning change: facts of another format are refused, not misread -#}
    {{ return(2) }}
{%- endmacro %}

{% macro state(name) -%}
    {{ return(api.Relation.create(schema='state', identifier=name)) }}
{%- endmacro %}

{% macro last_build() -%}
    {#- the present build once it has started; none before the first -#}
    {%- set builds = adapter.get_relation(target.database, 'state', 'builds') if execute -%}
    {%- if not builds -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set rows = run_query(
        'select build_number, up_to_load, is_full_refresh, has_passed, facts_format from ' ~ state('builds')
        ~ ' order by build_number desc, has_passed desc limit 1'
    ).rows -%}
    {{ return(rows[0] if rows else none) }}
{%- endmacro %}

{% macro up_to_load() -%}
    {#- the last load that this build reads: later loads belong to the next build -#}
    {%- set build = last_build() -%}
    {{ return(build.up_to_load if build else 0) }}
{%- endmacro %}

{% macro last_passed_load(since='rebuilds_facts') -%}
    {#- the watermark: the last load of the last build that passed; 0 from a refresh until a build passes -#}
    {%- set builds = adapter.get_relation(target.database, 'state', 'builds') if execute -%}
    {%- if not builds -%}
        {{ return(0) }}
    {%- endif -%}
    {%- set rows = run_query(
        'select up_to_load from ' ~ builds ~ ' where has_passed and build_number >= ('
        ~ 'select coalesce(max(refreshes.build_number), 0) from ' ~ builds ~ ' as refreshes where refreshes.' ~ since
        ~ ') order by build_number desc limit 1'
    ).rows -%}
    {{ return(rows[0].up_to_load if rows else 0) }}
{%- endmacro %}

{% macro last_fact_load() -%}
    {#- the load after which answers are new; 0 while facts are rebuilt -#}
    {{ return(0 if rebuilds_facts() else last_passed_load()) }}
{%- endmacro %}

{% macro last_derived_load() -%}{{ return(adapter.dispatch('last_derived_load', 'spotify')()) }}{%- endmacro %}

{% macro default__last_derived_load() -%}
    {#- the load after which facts are new to derived tables -#}
    {{ return(0 if flags.FULL_REFRESH else last_passed_load('is_full_refresh')) }}
{%- endmacro %}

{% macro is_new_answer(load_number='load_number') -%}
    {#- a condition of literals, so that every engine can skip the rows of other loads -#}
    {%- set is_first_build = (config.get('meta') or {}).is_fact and not is_incremental() -%}
    {{ load_number }} > {{ 0 if is_first_build else last_fact_load() }} and {{ load_number }} <= {{ up_to_load() }}
{%- endmacro %}

{% macro is_new_fact(load_number='load_number') -%}
    {{ load_number }} > {{ last_derived_load() }}
{%- endmacro %}

{% macro first_load_to_unpack() -%}
    {#- A file that was loaded while its run was still writing has pages in one load and the outcome of the read in the
        next: start at the load with its pages. -#}
    {%- set first_load = last_fact_load() -%}
    {%- if not execute or first_load == 0 -%}
        {{ return(0) }}
    {%- endif -%}
    {%- set files = source('raw', 'landing_files') -%}
    {%- set beginning -%}
        select min(beginnings.load_number)
        from {{ files }} as beginnings
        inner join {{ files }} as news on beginnings.name = news.name
        where news.load_number > {{ first_load }}
    {%- endset -%}
    {{ return(run_query(beginning).columns[0].values()[0] or first_load + 1) }}
{%- endmacro %}

{% macro last_load_to_read() -%}
    {#- a long history is processed in several builds, so that memory stays bounded -#}
    {%- set first_load = last_fact_load() -%}
    {%- set last_load -%}
        select coalesce(min(large.load_number) - 1, (select max(load_number) from {{ source('raw', 'landing_files') }}), 0)
        from (
            select
                load_number,
                sum(count(*)) over (order by load_number) - count(*) as entries_before
            from {{ source('raw', 'playlist_entries') }}
            where load_number > {{ first_load }}
            group by load_number
        ) as large
        where large.entries_before >= {{ var('entries_at_once') }}
    {%- endset -%}
    {{ return(run_query(last_load).columns[0].values()[0]) }}
{%- endmacro %}

{% macro earliest(column, relation) -%}
    {#- a date as a literal, so that every engine can skip earlier days; null if there are no rows -#}
    {%- set day = run_query('select min(' ~ column ~ ') from ' ~ relation).columns[0].values()[0]
        if execute and load_relation(relation) -%}
    {{ return("date '" ~ day ~ "'" if day else 'cast(null as date)') }}
{%- endmacro %}

{% macro tests_changed_rows() -%}
    {#- testing only the rows that this build may have changed is enough if the build before passed -#}
    {%- set build = last_build() -%}
    {%- if not build or flags.FULL_REFRESH -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set before -%}
        select has_passed from {{ state('builds') }}
        where build_number < {{ build.build_number }}
        order by build_number desc, has_passed desc limit 1
    {%- endset -%}
    {%- set rows = run_query(before).rows -%}
    {{ return(rows[0].has_passed if rows else false) }}
{%- endmacro %}

{% macro changed_rows(model_name) -%}
    {%- set condition = (graph.nodes.values() | selectattr('name', 'equalto', model_name) | first).config.meta.changed_rows
        if execute else none -%}
    {%- if condition and tests_changed_rows() -%}
        {{ condition | replace('[new fact]', is_new_fact()) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__get_where_subquery(relation) -%}
    {#- overrides dbt's macro for the rows that a test reads; a test with its own `where` is not changed -#}
    {%- set condition = config.get('where') or changed_rows(relation.identifier) | trim -%}
    {{ return('(select * from ' ~ relation ~ ' where ' ~ condition ~ ') as tested' if condition else relation) }}
{%- endmacro %}

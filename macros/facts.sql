{# Facts are made only from answers, and answers may have been purged: a full refresh then rebuilds everything but
   facts. #}

{% macro purged_up_to() -%}
    {#- the last load from which answers were purged; 0 if none were -#}
    {%- if not execute -%}
        {{ return(0) }}
    {%- endif -%}
    {{ return(run_query('select max(up_to_load) from ' ~ source('raw', 'purged')).columns[0].values()[0] or 0) }}
{%- endmacro %}

{% macro rebuilds_facts() -%}
    {{ return(flags.FULL_REFRESH and (purged_up_to() == 0 or var('forget_purged', false))) }}
{%- endmacro %}

{% macro should_full_refresh() -%}
    {#- overrides dbt's macro -#}
    {%- set refreshes = config.get('full_refresh') -%}
    {%- set refreshes = flags.FULL_REFRESH if refreshes is none else refreshes -%}
    {{ return(refreshes and (rebuilds_facts() or not config.get('meta', {}).get('is_fact'))) }}
{%- endmacro %}

{% macro log_what_is_kept() -%}
    {%- set purged = run_query(
        'select max(before_day), sum(answers) from ' ~ source('raw', 'purged')
    ).rows[0] -%}
    {%- do print(
        'facts are kept, all other tables are rebuilt: ' ~ purged[1] ~ ' raw answers of days before ' ~ purged[0]
        ~ ' were purged, and a rebuild of the facts would lose them. To rebuild them anyway, without those days: '
        ~ './run.sh build --full-refresh --forget-purged'
    ) -%}
{%- endmacro %}

{% macro delete_new_rows() -%}{{ return(adapter.dispatch('delete_new_rows', 'spotify')()) }}{%- endmacro %}

{% macro default__delete_new_rows() -%}
    {#- pre-hook of a fact: deletes rows of a build that did not pass; they are inserted again -#}
    {%- if is_incremental() -%}
        delete from {{ this }} where load_number > {{ last_passed_load() }}
    {%- else -%}
        select 1
    {%- endif -%}
{%- endmacro %}

{% macro delete_rewound_rows(rewound, key, day) -%}
    {#- pre-hook of a derived table: deletes rows from the rewind day on, which are about to be rebuilt -#}
    {%- if is_incremental() -%}
        delete from {{ this }}
        where exists (
            select 1 from {{ rewound }} as rewound
            where rewound.{{ key }} = {{ this.identifier }}.{{ key }} and rewound.rewind_day <= {{ this.identifier }}.{{ day }}
        )
    {%- else -%}
        select 1
    {%- endif -%}
{%- endmacro %}

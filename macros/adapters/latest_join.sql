{# For each row the latest row of another table before its day (or on it): a range join without an engine's help costs
   the square of a list's history. #}

{% macro join_latest(other, rows, before) -%}
    {{ return(adapter.dispatch('join_latest', 'spotify')(other, rows, before)) }}
{%- endmacro %}

{% macro duckdb__join_latest(other, rows, before) -%}
    asof left join {{ other }}
        on
            {{ rows }}.playlist_id = {{ other }}.playlist_id
            and {{ rows }}.day {{ before }} {{ other }}.day
{%- endmacro %}

{% macro postgres__join_latest(other, rows, before) -%}
    left join lateral (
        select each.*
        from {{ other }} as each
        where
            {{ rows }}.playlist_id = each.playlist_id
            and {{ rows }}.day {{ before }} each.day
        order by each.day desc
        limit 1
    ) as {{ other }} on true
{%- endmacro %}

{% macro spark__join_latest(other, rows, before) -%}
    {#- each row once for every day on which it is the latest: days that are equal are joined without comparing all -#}
    {%- set later = 1 if before == '>' else 0 -%}
    left join (
        select *, explode(sequence(first_day, last_day)) as latest_on
        from (
            select *, day + {{ later }} as first_day, coalesce(
                lead(day) over (partition by playlist_id order by day) - {{ 1 - later }},
                (select max(all_rows.day) from {{ rows }} as all_rows)
            ) as last_day
            from {{ other }}
        )
        where first_day <= last_day
    ) as {{ other }} on {{ rows }}.playlist_id = {{ other }}.playlist_id and {{ rows }}.day = {{ other }}.latest_on
{%- endmacro %}

{#- Post-hook of the other table: what the join looks up in it, where an engine looks up row by row -#}
{% macro index_days() -%}{{ return(adapter.dispatch('index_days', 'spotify')()) }}{%- endmacro %}

{% macro default__index_days() -%}{%- endmacro %}

{% macro postgres__index_days() -%}create index on {{ this }} (playlist_id, day){%- endmacro %}

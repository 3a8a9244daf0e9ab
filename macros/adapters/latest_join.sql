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
    left join (
        select
            *,
            lead(day) over (partition by playlist_id order by day) as next_day
        from {{ other }}
    ) as {{ other }}
        on
            {{ rows }}.playlist_id = {{ other }}.playlist_id
            and {{ rows }}.day {{ before }} {{ other }}.day
            and not coalesce({{ rows }}.day {{ before }} {{ other }}.next_day, false)
{%- endmacro %}

{#- Post-hook of the other table: what the join looks up in it, where an engine looks up row by row -#}
{% macro index_days() -%}{{ return(adapter.dispatch('index_days', 'spotify')()) }}{%- endmacro %}

{% macro default__index_days() -%}{%- endmacro %}

{% macro postgres__index_days() -%}create index on {{ this }} (playlist_id, day){%- endmacro %}

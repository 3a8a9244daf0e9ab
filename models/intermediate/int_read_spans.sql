{{ config(
    incremental_strategy='delete+insert',
    unique_key=['playlist_id', 'span_number'],
    pre_hook="{{ forget_rebuilt(ref('int_read_changes')) }}",
    post_hook='{{ remember_build() }}',
) }}
{{ refuse_partial_refresh(
    ref('int_read_changes'), ref('int_counted_reads') ~ " where outcome in ('complete', 'unchanged')"
) }}

-- A span: usable days of a list, one after the other, on which it held the same. A day more with the same content
-- only moves the end of the last span.
with days as (select * from {{ ref('int_span_days') }}),

compared as (
    select
        *,
        coalesce(lag(day) over by_day, known_last_day) as usable_day_before,
        case when content_hash = coalesce(lag(content_hash) over by_day, known_content_hash) then 0 else 1 end as is_new
    from days
    window by_day as (partition by playlist_id order by day)
),

numbered as (
    select
        *,
        coalesce(known_span_number, 0) + sum(is_new) over (partition by playlist_id order by day) as span_number
    from compared
),

spans as (
    select
        playlist_id,
        cast(span_number as integer) as span_number,
        min(content_hash) as content_hash,
        min(content_load_number) as content_load_number,
        min(content_unavailable_entries) as unavailable_entries,
        coalesce(min(case when span_number = known_span_number then known_first_day end), min(day)) as first_day,
        max(day) as last_day,
        coalesce(
            min(case when span_number = known_span_number then known_first_usable_number end), min(usable_number)
        ) as first_usable_number,
        max(usable_number) as last_usable_number,
        case
            when span_number = min(known_span_number) then min(known_last_usable_day_before)
            else max(case when is_new = 1 then usable_day_before end)
        end as last_usable_day_before,
        coalesce(min(case when span_number = known_span_number then known_load_number end), max(load_number))
            as load_number
    from numbered
    group by playlist_id, span_number
)

select * from spans

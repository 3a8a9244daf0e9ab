-- The spans that stays are worked out from: all of a list that is made anew; else the new ones and, as what is known,
-- the one before them.
with spans as (select * from {{ ref('int_read_spans') }}),

list_changes as (select * from {{ ref('int_list_changes') }}),

final as (
    select
        spans.playlist_id,
        spans.span_number,
        spans.content_hash,
        spans.content_load_number,
        spans.unavailable_entries,
        spans.first_day,
        spans.last_day,
        spans.first_usable_number,
        spans.last_usable_number,
        spans.last_usable_day_before,
        list_changes.is_rebuilt,
        not list_changes.is_rebuilt and spans.span_number < list_changes.first_span_number as is_known,
        lead(spans.span_number) over (partition by spans.playlist_id order by spans.span_number) is null as is_last
    from spans
    inner join list_changes on spans.playlist_id = list_changes.playlist_id
    where
        list_changes.is_rebuilt
        or spans.span_number >= list_changes.first_span_number - 1
)

select * from final

-- Null entries in the new spans of lists that could go on from what is known. A table of its own, so that contents are
-- read only where there are any.
with touched_lists as (select * from {{ ref('int_touched_lists') }}),

spans as (select * from {{ ref('int_read_spans') }}),

contents as (select * from {{ ref('int_playlist_contents') }}),

final as (
    select
        spans.playlist_id,
        spans.span_number,
        touched_lists.first_span_number,
        spans.content_hash,
        spans.content_load_number,
        contents.added_at
    from touched_lists
    inner join spans
        on
            touched_lists.playlist_id = spans.playlist_id
            and touched_lists.first_span_number <= spans.span_number
    inner join contents
        on
            spans.playlist_id = contents.playlist_id
            and spans.content_hash = contents.content_hash
            and spans.content_load_number = contents.load_number
    where
        touched_lists.unavailable_entries > 0
        and touched_lists.first_span_number > 1
        and contents.kind = 'unavailable'
)

select * from final

-- The last span of each list: how far its open stays reach.
with spans as (select * from {{ ref('int_read_spans') }}),

last_numbers as (
    select
        playlist_id,
        max(span_number) as span_number
    from spans
    group by playlist_id
),

final as (
    select
        spans.playlist_id,
        spans.last_day,
        spans.last_usable_number
    from spans
    inner join last_numbers
        on
            spans.playlist_id = last_numbers.playlist_id
            and spans.span_number = last_numbers.span_number
)

select * from final

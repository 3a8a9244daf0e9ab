-- Usable days to be put into spans: the new ones of each list, or all of a list that is made anew; `known_…` is the
-- span that a list goes on from.
{% set spans = state_of('int_read_spans', {
    'playlist_id': 'varchar', 'span_number': 'integer', 'content_hash': 'varchar', 'first_day': 'date',
    'last_day': 'date', 'first_usable_number': 'integer', 'last_usable_day_before': 'date', 'load_number': 'integer'
}) %}

with counted_reads as (

    select * from {{ ref('int_counted_reads') }}

),

spans as (

    select * from {{ spans }} as state

),

last_spans as (

    select
        playlist_id,
        max(span_number) as span_number,
        max(last_day) as last_day
    from spans
    group by playlist_id

),

touched_lists as (

    select
        playlist_id,
        min(day) as first_day
    from counted_reads
    where load_number > {{ last_load_built(['int_read_spans']) }}
    group by playlist_id

),

lists as (

    select
        touched_lists.playlist_id,
        coalesce(touched_lists.first_day <= last_spans.last_day, true) as is_rebuilt,
        last_spans.span_number
    from touched_lists
    left join last_spans on touched_lists.playlist_id = last_spans.playlist_id

),

final as (

    select
        counted_reads.playlist_id,
        counted_reads.day,
        counted_reads.content_hash,
        counted_reads.content_load_number,
        counted_reads.content_unavailable_entries,
        counted_reads.usable_number,
        counted_reads.load_number,
        lists.is_rebuilt,
        spans.span_number as known_span_number,
        spans.content_hash as known_content_hash,
        spans.first_day as known_first_day,
        spans.last_day as known_last_day,
        spans.first_usable_number as known_first_usable_number,
        spans.last_usable_day_before as known_last_usable_day_before,
        spans.load_number as known_load_number
    from counted_reads
    inner join lists on counted_reads.playlist_id = lists.playlist_id
    left join spans
        on
            lists.playlist_id = spans.playlist_id
            and lists.span_number = spans.span_number
            and not lists.is_rebuilt
    where
        counted_reads.outcome in ('complete', 'unchanged')
        and (lists.is_rebuilt or counted_reads.load_number > {{ last_load_built(['int_read_spans']) }})

)

select * from final

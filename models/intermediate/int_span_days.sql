-- Usable days to be put into spans: the new ones of each list that goes on, all of a list that is counted anew;
-- `known_…` is the span that a list goes on from.
with counted_reads as (select * from {{ ref('int_counted_reads') }}),

read_changes as (select * from {{ ref('int_read_changes') }}),

known_spans as (select * from {{ ref('int_known_spans') }}),

final as (
    select
        counted_reads.playlist_id,
        counted_reads.day,
        counted_reads.content_hash,
        counted_reads.content_load_number,
        counted_reads.content_unavailable_entries,
        counted_reads.usable_number,
        counted_reads.load_number,
        known_spans.span_number as known_span_number,
        known_spans.content_hash as known_content_hash,
        known_spans.first_day as known_first_day,
        known_spans.last_day as known_last_day,
        known_spans.first_usable_number as known_first_usable_number,
        known_spans.last_usable_day_before as known_last_usable_day_before,
        known_spans.load_number as known_load_number
    from counted_reads
    inner join read_changes on counted_reads.playlist_id = read_changes.playlist_id
    left join known_spans on counted_reads.playlist_id = known_spans.playlist_id
    where
        counted_reads.outcome in ('complete', 'unchanged')
        and (read_changes.is_rebuilt or counted_reads.load_number > {{ last_load_built(['int_read_spans']) }})
)

select * from final

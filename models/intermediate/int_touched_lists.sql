-- Lists with new spans since stays were last worked out: from which span on, and whether the new ones have null
-- entries. A table of its own, so that an engine knows how few the lists with null entries are.
with spans as (select * from {{ ref('int_read_spans') }}),

final as (
    select
        playlist_id,
        min(span_number) as first_span_number,
        max(unavailable_entries) as unavailable_entries
    from spans
    where load_number > {{ last_load_built(['int_stays']) }}
    group by playlist_id
)

select * from final

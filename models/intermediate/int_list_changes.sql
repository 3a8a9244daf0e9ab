-- Lists with new spans, and whether their stays are made anew or go on from what is known: not where the first span is
-- new, not where null entries hide a track so far, and not where a new null entry has the added_at of a track before.
{% set stays = state_of('int_stays', {
    'playlist_id': 'varchar', 'first_absent': 'date', 'last_seen': 'date'
}) %}

with touched_lists as (

    select * from {{ ref('int_touched_lists') }}

),

spans as (

    select * from {{ ref('int_read_spans') }}

),

null_entries as (

    select * from {{ ref('int_new_null_entries') }}

),

contents as (

    select * from {{ ref('int_playlist_contents') }}

),

stays as (

    select * from {{ stays }} as state

),

lists_with_stays as (

    select
        playlist_id,
        -- an open stay whose end does not follow its list's is masked
        max(case when first_absent is null and last_seen is not null then 1 else 0 end) as masked
    from stays
    group by playlist_id

),

spans_before as (

    select distinct
        spans.playlist_id,
        spans.content_hash,
        spans.content_load_number,
        null_entries.added_at
    from null_entries
    inner join spans
        on
            null_entries.playlist_id = spans.playlist_id
            and null_entries.first_span_number - 1 <= spans.span_number
            and null_entries.span_number > spans.span_number

),

hiding_lists as (

    select distinct spans_before.playlist_id
    from spans_before
    inner join contents
        on
            spans_before.playlist_id = contents.playlist_id
            and spans_before.content_hash = contents.content_hash
            and spans_before.content_load_number = contents.load_number
            and spans_before.added_at is not distinct from contents.added_at
    where contents.kind = 'track'

),

final as (

    select
        touched_lists.playlist_id,
        touched_lists.first_span_number,
        touched_lists.first_span_number = 1
        or coalesce(lists_with_stays.masked, 1) = 1
        or hiding_lists.playlist_id is not null as is_rebuilt
    from touched_lists
    left join lists_with_stays on touched_lists.playlist_id = lists_with_stays.playlist_id
    left join hiding_lists on touched_lists.playlist_id = hiding_lists.playlist_id

)

select * from final

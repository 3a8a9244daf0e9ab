-- Tracks that a new null entry may hide: those that claimed its added_at in a span before, and that its own span does
-- not hold. Contents are looked into for lists with new null entries only: mostly for none.
with null_entries as (select * from {{ ref('int_new_null_entries') }}),

spans as (select * from {{ ref('int_read_spans') }}),

contents as (
    select * from {{ ref('int_playlist_contents') }}
    where
        kind = 'track'
        and playlist_id in (select null_entries.playlist_id from null_entries)
),

spans_before as (
    select distinct
        null_entries.playlist_id,
        null_entries.content_hash,
        null_entries.added_at,
        spans.content_hash as content_hash_before,
        spans.content_load_number as content_load_number_before
    from null_entries
    inner join spans
        on
            null_entries.playlist_id = spans.playlist_id
            and null_entries.first_span_number - 1 <= spans.span_number
            and null_entries.span_number > spans.span_number
),

claims_before as (
    select
        spans_before.playlist_id,
        spans_before.content_hash,
        contents.track_id
    from spans_before
    inner join contents
        on
            spans_before.playlist_id = contents.playlist_id
            and spans_before.content_hash_before = contents.content_hash
            and spans_before.content_load_number_before = contents.load_number
            and spans_before.added_at is not distinct from contents.added_at
),

held_beside as (
    select
        null_entries.playlist_id,
        null_entries.content_hash,
        contents.track_id
    from null_entries
    inner join contents
        on
            null_entries.playlist_id = contents.playlist_id
            and null_entries.content_hash = contents.content_hash
            and null_entries.content_load_number = contents.load_number
),

hidden as (
    select * from claims_before

    except

    select * from held_beside
),

final as (
    select distinct
        playlist_id,
        track_id
    from hidden
)

select * from final

-- Spans in which a track may hide behind a null entry: one with the added_at last claimed for the track, in a span
-- that does not hold it. Lists where that happens are always made anew.
with windows as (select * from {{ ref('int_stay_windows') }}),

contents as (select * from {{ ref('int_playlist_contents') }}),

stretches as (select * from {{ ref('int_stretches') }}),

lists_with_null_entries as (
    select distinct playlist_id
    from windows
    where unavailable_entries > 0
),

entries as (
    select
        windows.playlist_id,
        windows.span_number,
        contents.kind,
        contents.track_id,
        contents.added_at
    from windows
    inner join contents
        on
            windows.playlist_id = contents.playlist_id
            and windows.content_hash = contents.content_hash
            and windows.content_load_number = contents.load_number
    where
        windows.is_rebuilt
        and windows.playlist_id in (select lists_with_null_entries.playlist_id from lists_with_null_entries)
),

hidden as (
    select * from entries
    where kind = 'unavailable'
),

claims as (
    select * from entries
    where kind = 'track'
),

final as (
    select distinct
        stretches.playlist_id,
        stretches.track_id,
        stretches.last_span_number as last_held_span_number,
        hidden.span_number
    from hidden
    inner join claims
        on
            hidden.playlist_id = claims.playlist_id
            and hidden.added_at is not distinct from claims.added_at
            and hidden.span_number > claims.span_number
    inner join stretches
        on
            claims.playlist_id = stretches.playlist_id
            and claims.track_id = stretches.track_id
            and claims.span_number = stretches.last_span_number
    where
        hidden.span_number < stretches.next_span_number
        or stretches.next_span_number is null
)

select * from final

-- Complete reads in which a track may hide behind a null entry: one with the added_at last claimed for the track,
-- in a read that does not hold it.
with entries as (

    select * from {{ ref('int_playlist_entries') }}

),

spans as (

    select * from {{ ref('int_read_spans') }}

),

presences as (

    select * from {{ ref('int_track_presences') }}

),

hidden as (

    select
        spans.playlist_id,
        spans.read_number,
        entries.added_at
    from spans
    inner join entries
        on
            spans.playlist_id = entries.playlist_id
            and spans.run_id = entries.run_id
            and spans.attempt = entries.attempt
    where entries.kind = 'unavailable'

),

claims as (

    select
        spans.playlist_id,
        spans.read_number,
        entries.track_id,
        entries.added_at
    from spans
    inner join entries
        on
            spans.playlist_id = entries.playlist_id
            and spans.run_id = entries.run_id
            and spans.attempt = entries.attempt
    where
        entries.kind = 'track'
        and spans.playlist_id in (select hidden.playlist_id from hidden)

),

final as (

    select distinct
        presences.playlist_id,
        presences.track_id,
        presences.read_number as last_held_read_number,
        hidden.read_number
    from hidden
    inner join claims
        on
            hidden.playlist_id = claims.playlist_id
            and hidden.added_at is not distinct from claims.added_at
            and hidden.read_number > claims.read_number
    inner join presences
        on
            claims.playlist_id = presences.playlist_id
            and claims.track_id = presences.track_id
            and claims.read_number = presences.read_number
    where
        hidden.read_number < presences.next_read_number
        or presences.next_read_number is null

)

select * from final

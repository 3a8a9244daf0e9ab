-- Complete reads that hold a track, each with the number of the next one that does.
with entries as (

    select * from {{ ref('int_playlist_entries') }}

),

spans as (

    select * from {{ ref('int_read_spans') }}

),

held as (

    select
        spans.playlist_id,
        entries.track_id,
        spans.read_number,
        min(entries.added_at) as earliest_claim
    from spans
    inner join entries
        on
            spans.playlist_id = entries.playlist_id
            and spans.run_id = entries.run_id
            and spans.attempt = entries.attempt
    where entries.kind = 'track'
    group by spans.playlist_id, entries.track_id, spans.read_number

),

final as (

    select
        *,
        lead(read_number) over (partition by playlist_id, track_id order by read_number) as next_read_number
    from held

)

select * from final

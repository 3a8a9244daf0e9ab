-- Playlists with new reads, and the earliest day that one of them is for: from that day on, what is derived from their
-- reads is worked out again. On an ordinary day that is the day itself.
with reads as (select * from {{ ref('int_playlist_reads') }}),

final as (
    select
        playlist_id,
        min(day) as rewind_day
    from reads
    where {{ is_new_fact() }}
    group by playlist_id
)

select * from final

-- Playlists with new reads, and the earliest day of these reads. Derived models recompute a playlist from its rewind
-- day on. Usually that is the current day; a late read rewinds further.
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

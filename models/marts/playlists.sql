with watched_playlists as (select * from {{ ref('int_watched_playlists') }}),

descriptions as (select * from {{ ref('int_playlist_descriptions') }}),

complete_reads as (
    select * from {{ ref('int_counted_reads') }}
    where outcome = 'complete'
),

latest_descriptions as (
    select
        playlist_id,
        name,
        owner_kind,
        row_number() over (
            partition by playlist_id
            order by day desc, observed_at desc, name asc
        ) as latest_first
    from descriptions
),

spans as (
    select
        playlist_id,
        min(day) as first_complete_read,
        max(day) as last_complete_read
    from complete_reads
    group by playlist_id
),

final as (
    select
        watched_playlists.playlist_id,
        latest_descriptions.name,
        watched_playlists.label,
        latest_descriptions.owner_kind,
        watched_playlists.is_watched,
        spans.first_complete_read,
        spans.last_complete_read
    from watched_playlists
    left join latest_descriptions
        on
            watched_playlists.playlist_id = latest_descriptions.playlist_id
            and latest_descriptions.latest_first = 1
    left join spans on watched_playlists.playlist_id = spans.playlist_id
)

select * from final

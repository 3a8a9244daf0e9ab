with watched_playlists as (select * from {{ ref('int_playlists_watched') }}),

reads as (select * from {{ ref('int_playlist_reads') }}),

days as (select * from {{ ref('int_playlist_days_counted') }}),

descriptions as (
    select
        playlist_id,
        name,
        case when owner_id = 'spotify' then 'spotify' when owner_id is not null then 'user' end as owner_kind,
        row_number() over (partition by playlist_id order by day desc, observed_at desc, name asc) as latest_rank
    from reads
    where
        name is not null
        or owner_id is not null
),

complete_days as (
    select
        playlist_id,
        min(day) as first_complete_read,
        max(day) as last_complete_read
    from days
    where outcome = 'complete'
    group by playlist_id
),

final as (
    select
        watched_playlists.playlist_id,
        descriptions.name,
        watched_playlists.label,
        descriptions.owner_kind,
        watched_playlists.is_watched,
        complete_days.first_complete_read,
        complete_days.last_complete_read
    from watched_playlists
    left join descriptions
        on
            watched_playlists.playlist_id = descriptions.playlist_id
            and descriptions.latest_rank = 1
    left join complete_days on watched_playlists.playlist_id = complete_days.playlist_id
)

select * from final

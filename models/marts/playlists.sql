with watched as (
    select * from {{ ref('int_watched') }}
    where kind = 'playlist'
),

playlist_history as (
    select * from {{ ref('playlist_history') }}
    where valid_to is null
),

days as (select * from {{ ref('int_playlist_days_counted') }}),

charts as (
    select distinct playlist_id
    from {{ ref('int_playlist_reads') }}
    where kind = 'chart'
),

playlists as (
    select spotify_id as playlist_id
    from watched

    union

    select playlist_id
    from days
),

usable_days as (
    select
        playlist_id,
        min(case when outcome = 'complete' then day end) as first_complete_day,
        max(case when outcome = 'complete' then day end) as last_complete_day,
        max(day) as last_day
    from days
    where outcome in ('complete', 'unchanged')
    group by playlist_id
),

final as (
    select
        playlists.playlist_id,
        playlist_history.playlist_name,
        watched.label,
        case
            when playlist_history.owner_id = 'spotify' then 'spotify'
            when playlist_history.owner_id is not null then 'user'
        end as owner_kind,
        case when charts.playlist_id is not null then 'chart' else 'playlist' end as kind,
        coalesce(watched.is_watched, false) as is_watched,
        usable_days.first_complete_day as first_complete_date,
        usable_days.last_complete_day as last_complete_date,
        usable_days.last_day as last_usable_date
    from playlists
    left join watched on playlists.playlist_id = watched.spotify_id
    left join charts on playlists.playlist_id = charts.playlist_id
    left join playlist_history on playlists.playlist_id = playlist_history.playlist_id
    left join usable_days on playlists.playlist_id = usable_days.playlist_id
)

select * from final

with watched as (
    select * from {{ ref('int_watched') }}
    where kind = 'playlist'
),

playlist_history as (
    select * from {{ ref('playlist_history') }}
    where valid_to is null
),

days as (select * from {{ ref('int_playlist_days_counted') }}),

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
        watched.spotify_id as playlist_id,
        playlist_history.playlist_name,
        watched.label,
        case
            when playlist_history.owner_id = 'spotify' then 'spotify'
            when playlist_history.owner_id is not null then 'user'
        end as owner_kind,
        watched.is_watched,
        usable_days.first_complete_day as first_complete_date,
        usable_days.last_complete_day as last_complete_date,
        usable_days.last_day as last_usable_date
    from watched
    left join playlist_history on watched.spotify_id = playlist_history.playlist_id
    left join usable_days on watched.spotify_id = usable_days.playlist_id
)

select * from final

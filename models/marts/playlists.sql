with watched as (

    select * from {{ ref('stg_spotify__watched') }}

),

run_events as (

    select * from {{ ref('stg_spotify__run_events') }}

),

descriptions as (

    select * from {{ ref('int_playlist_descriptions') }}

),

complete_reads as (

    select * from {{ ref('int_complete_reads') }}

),

watches as (

    select
        watched.spotify_id as playlist_id,
        watched.label,
        run_events.day = max(run_events.day) over () as is_watched,
        row_number() over (
            partition by watched.spotify_id
            order by run_events.day desc, run_events.observed_at desc, run_events.run_id desc
        ) as latest_first
    from run_events
    inner join watched on run_events.watched = watched.watched
    where
        run_events.event = 'start'
        and watched.kind = 'playlist'

),

latest_descriptions as (

    select
        playlist_id,
        name,
        owner_kind,
        row_number() over (
            partition by playlist_id
            order by day desc, observed_at desc, name
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
        watches.playlist_id,
        latest_descriptions.name,
        watches.label,
        latest_descriptions.owner_kind,
        watches.is_watched,
        spans.first_complete_read,
        spans.last_complete_read
    from watches
    left join latest_descriptions
        on
            watches.playlist_id = latest_descriptions.playlist_id
            and latest_descriptions.latest_first = 1
    left join spans on watches.playlist_id = spans.playlist_id
    where watches.latest_first = 1

)

select * from final

-- Every list that has been watched, as on the watch-list that held it last.
with runs as (

    select * from {{ ref('int_runs') }}

),

watched as (

    select * from {{ ref('stg_spotify__watched') }}

),

last_day as (

    select max(day) as day from runs

),

watches as (

    select
        watched.spotify_id as playlist_id,
        watched.label,
        runs.day,
        row_number() over (
            partition by watched.spotify_id
            order by runs.day desc, runs.started_at desc, runs.run_id desc
        ) as latest_first
    from runs
    inner join watched on runs.watched = watched.watched
    where watched.kind = 'playlist'

),

final as (

    select
        watches.playlist_id,
        watches.label,
        watches.day = last_day.day as is_watched
    from watches
    cross join last_day
    where watches.latest_first = 1

)

select * from final

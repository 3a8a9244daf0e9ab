-- Every playlist and track that was ever watched, with its label on the last watch-list that had it. Imports watch
-- nothing.
with runs as (
    select * from {{ ref('int_runs') }}
    where kind = 'read'
),

watched as (select * from {{ ref('stg_spotify__watched') }}),

last_day as (
    select max(day) as day from runs
),

-- Most runs use the watch-list of the day before, so it is enough to look at the last run of each watch-list.
ranked_runs as (
    select
        *,
        row_number() over (partition by watched order by day desc, started_at desc, run_id desc) as latest_rank
    from runs
),

watches as (
    select
        watched.kind,
        watched.spotify_id,
        watched.label,
        ranked_runs.day,
        row_number() over (
            partition by watched.kind, watched.spotify_id
            order by ranked_runs.day desc, ranked_runs.started_at desc, ranked_runs.run_id desc
        ) as latest_rank
    from ranked_runs
    inner join watched on ranked_runs.watched = watched.watched
    where ranked_runs.latest_rank = 1
),

final as (
    select
        watches.kind,
        watches.spotify_id,
        watches.label,
        watches.day = last_day.day as is_watched
    from watches
    cross join last_day
    where watches.latest_rank = 1
)

select * from final

-- How the days from start_date to end_date were observed: days by outcome. Complete and unchanged days prove what was
-- in the playlist. Days outside its calendar count as not_run. No rows for a playlist that was never read.
create macro coverage(playlist, start_date, end_date) as table
with calendar as (
    select cast(unnest(generate_series(cast(start_date as date), cast(end_date as date), interval 1 day)) as date) as date
),

lists as (
    select distinct playlist_id
    from playlist_days
    where playlist_id = playlist_id_of(playlist)
),

days as (
    select
        lists.playlist_id,
        coalesce(playlist_days.outcome, 'not_run') as outcome
    from lists
    cross join calendar
    left join playlist_days
        on lists.playlist_id = playlist_days.playlist_id and calendar.date = playlist_days.date
)

select
    playlist_id,
    outcome,
    outcome in ('complete', 'unchanged') as is_observed,
    cast(count(*) as integer) as days,
    cast(sum(count(*)) over (partition by playlist_id) as integer) as days_asked
from days
group by playlist_id, outcome
order by is_observed desc, outcome asc;

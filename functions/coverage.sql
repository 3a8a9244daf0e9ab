-- How the days from start_date to end_date were observed: days by outcome. Complete and unchanged days prove what was
-- in the playlist. Days outside its calendar count as not_run. days_imported is the number of the days whose read is
-- imported. No rows for a playlist that was never read.
create function coverage(playlist text, start_date date, end_date date)
returns table (
    playlist_id varchar, outcome varchar, is_observed boolean, days integer, days_asked integer, days_imported integer
)
as
with asked as materialized (
    select
        playlist_id_of(playlist) as playlist_id,
        first_day,
        last_day
    from period(start_date, end_date)
),

calendar as (
    select
        playlist_days.playlist_id,
        playlist_days.outcome,
        count(*) filter (where playlist_days.date between asked.first_day and asked.last_day) as days,
        count(*) filter (
            where playlist_days.date between asked.first_day and asked.last_day and playlist_days.source is not null
        ) as days_imported,
        asked.last_day - asked.first_day + 1 as days_asked
    from playlist_days
    inner join asked on playlist_days.playlist_id = asked.playlist_id
    group by playlist_days.playlist_id, playlist_days.outcome, asked.last_day - asked.first_day + 1
),

all_days as (
    select * from calendar

    union all

    select
        playlist_id,
        'not_run' as outcome,
        max(days_asked) - sum(days) as days,
        0 as days_imported,
        max(days_asked) as days_asked
    from calendar
    group by playlist_id
)

select
    playlist_id,
    outcome,
    outcome in ('complete', 'unchanged') as is_observed,
    sum(days) as days,
    max(days_asked) as days_asked,
    sum(days_imported) as days_imported
from all_days
group by playlist_id, outcome
having sum(days) > 0
order by is_observed desc, outcome asc;

-- How the days from start_date to end_date were observed: days by outcome. Complete and unchanged days prove what was
-- in the playlist. Days outside its calendar count as not_run. days_imported is the number of the days whose read is
-- imported. No rows for a playlist that was never read.
create or replace function spotify.coverage(playlist string, start_date date, end_date date)
returns table (
    playlist_id string, outcome string, is_observed boolean, days int, days_asked int, days_imported int
)
return
with playlist_found as (
    select distinct playlist_id
    from spotify.playlist_days
    where playlist_id = spotify.playlist_id_of(playlist)
),

calendar as (
    select
        playlist_id,
        explode(case when start_date <= end_date then sequence(start_date, end_date) end) as date
    from playlist_found
),

days as (
    select
        calendar.playlist_id,
        coalesce(playlist_days.outcome, 'not_run') as outcome,
        playlist_days.source
    from calendar
    left join spotify.playlist_days
        on calendar.playlist_id = playlist_days.playlist_id and calendar.date = playlist_days.date
)

select
    playlist_id,
    outcome,
    outcome in ('complete', 'unchanged') as is_observed,
    cast(count(*) as int),
    cast(sum(count(*)) over (partition by playlist_id) as int),
    cast(count(source) as int)
from days
group by playlist_id, outcome
order by is_observed desc, outcome

-- How the days from start_date to end_date were observed: days by outcome. Complete and unchanged days prove what was
-- in the playlist. Days outside its calendar count as not_run. No rows for a playlist that was never read.
create or replace function spotify.coverage(playlist text, start_date date, end_date date)
returns table (playlist_id varchar, outcome varchar, is_observed boolean, days integer, days_asked integer)
language sql stable set search_path = pg_catalog, pg_temp as $$
with lists as (
    select distinct playlist_id
    from spotify.playlist_days
    where playlist_id = spotify.playlist_id_of(playlist)
),

days as (
    select
        lists.playlist_id,
        coalesce(playlist_days.outcome, 'not_run') as outcome
    from lists
    cross join generate_series(0, end_date - start_date) as days_later
    left join spotify.playlist_days
        on lists.playlist_id = playlist_days.playlist_id and start_date + days_later = playlist_days.date
)

select
    playlist_id,
    outcome,
    outcome in ('complete', 'unchanged'),
    count(*)::integer,
    (sum(count(*)) over (partition by playlist_id))::integer
from days
group by playlist_id, outcome
order by outcome in ('complete', 'unchanged') desc, outcome
$$;

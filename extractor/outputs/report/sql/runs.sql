-- The runs of the days shown that did not read everything, newest first: the page shows 50 of them, up to any day.
select
    strftime(date, '%Y-%m-%d') as day,
    worker,
    cast(epoch(ended_at - started_at) as integer) as seconds,
    playlists_asked,
    playlists_answered,
    tracks_asked,
    tracks_answered,
    requests,
    exit_code
from runs
where kind = 'read' and date >= $first_day and exit_code is distinct from 0
order by date desc, started_at desc, run_id asc
limit 1000

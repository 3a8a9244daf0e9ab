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
order by date desc, started_at desc, run_id asc
limit 14

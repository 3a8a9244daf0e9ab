-- The Viral 50 of a region and day as spotifycharts.com exported it until 2021, without streams.
select
    regexp_extract(
        filename, 'viral-([A-Za-z_-]+?)-daily-(\d{4}-\d\d-\d\d)[^/]*$', ['region', 'day']
    ) as chart,
    case
        when chart['region'] = ''
            then 'unknown: without streams it is a Viral 50: name the file viral-<region>-daily-2018-05-31.csv'
        else 'chart:viral-50:' || chart['region']
    end as playlist_id,
    chart['day'] as day,
    "Position" as position,
    "URL" as uri,
    "Track Name" as track_name,
    [Artist] as artists,
    'Viral 50 ' || chart['region'] as playlist_name,
    filename
from input

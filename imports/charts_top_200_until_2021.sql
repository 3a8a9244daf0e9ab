-- The Top 200 of a region and day as spotifycharts.com exported it until 2021: the file name has the region and the day.
select
    regexp_extract(
        filename,
        '(?:[^/]*regional-)?([A-Za-z_-]+?)-(daily|weekly)-(\d{4}-\d\d-\d\d)[^/]*$',
        ['region', 'period', 'day']
    ) as chart,
    case
        when chart['region'] = '' then 'unknown: name the file regional-<region>-daily-2018-05-31.csv'
        else 'chart:top-200-' || chart['period'] || ':' || chart['region']
    end as playlist_id,
    chart['day'] as day,
    "Position" as position,
    "URL" as uri,
    "Track Name" as track_name,
    [Artist] as artists,
    replace(cast("Streams" as varchar), ',', '') as streams,
    'Top 200 ' || chart['period'] || ' ' || chart['region'] as playlist_name,
    filename
from input

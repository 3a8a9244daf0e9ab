-- The Top 200 of a region and day as spotifycharts.com exported it until 2021: the file name has the region and the day.
select
    regexp_extract(filename, '(\w+)-(daily|weekly)-\d{4}-\d\d-\d\d', ['region', 'period']) as chart,
    'chart:top-200-' || chart['period'] || ':' || chart['region'] as playlist_id,
    regexp_extract(filename, '(?:daily|weekly)-(\d{4}-\d\d-\d\d)', 1) as day,
    "Position" as position,
    "URL" as uri,
    "Track Name" as track_name,
    [Artist] as artists,
    "Streams" as streams,
    'Top 200 ' || chart['period'] || ' ' || chart['region'] as playlist_name,
    filename
from input

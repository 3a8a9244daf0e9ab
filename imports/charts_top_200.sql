-- The Top 200 of a region and day as charts.spotify.com exports it: the file name has the region and the day.
select
    regexp_extract(filename, '(\w+)-(daily|weekly)-\d{4}-\d\d-\d\d', ['region', 'period']) as chart,
    'chart:top-200-' || chart['period'] || ':' || chart['region'] as playlist_id,
    regexp_extract(filename, '(?:daily|weekly)-(\d{4}-\d\d-\d\d)', 1) as day,
    rank as position,
    uri,
    track_name,
    string_split(artist_names, ', ') as artists,
    streams,
    'Top 200 ' || chart['period'] || ' ' || chart['region'] as playlist_name,
    filename
from input

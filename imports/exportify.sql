-- A playlist as Exportify saves it. Name the file by the playlist's id and the day (UTC) on which it was saved:
-- 3cEYpjA9oz9GiPac4AsH4n 2024-05-31.csv
select
    coalesce(
        nullif(regexp_extract(filename, '([0-9A-Za-z]{22})[^/]*$', 1), ''), 'unknown: it must be in the name of the file'
    ) as playlist_id,
    coalesce(
        nullif(regexp_extract(filename, '(\d{4}-\d\d-\d\d)[^/]*$', 1), ''),
        'unknown: it must be in the name of the file'
    ) as day,
    row_number() over (partition by filename) as position,
    "Track URI" as uri,
    "Added At" as added_at,
    "Track Name" as track_name,
    string_split(columns('^Artist Name\(s\)$'), ', ') as artists,
    "Album Name" as album,
    columns('^(Album Release Date|Release Date)$') as release_date,
    columns('^(Track Duration \(ms\)|Duration \(ms\))$') as duration_ms,
    "Explicit" as explicit,
    "Popularity" as popularity
from input

-- Charts of many regions and days in one table: "Spotify Charts" on Kaggle, with Top 200 and Viral 50 of 2017 to 2021.
select
    'chart:' || case chart when 'viral50' then 'viral-50' else 'top-200-daily' end
    || ':' || lower(replace(region, ' ', '-')) as playlist_id,
    date as day,
    rank as position,
    url as uri,
    title as track_name,
    string_split(artist, ', ') as artists,
    replace(cast(streams as varchar), ',', '') as streams,
    case chart when 'viral50' then 'Viral 50 ' else 'Top 200 daily ' end || region as playlist_name,
    filename
from input

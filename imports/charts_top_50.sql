-- The daily Top 50 of countries, one row per country, day and rank: "Top Spotify Songs in 73 Countries" on Kaggle.
-- A country that is not named is the world. snapshot_date is the day of collection.
select
    'chart:top-50:' || lower(coalesce(nullif(trim(country), ''), 'global')) as playlist_id,
    snapshot_date as day,
    daily_rank as position,
    spotify_id as track_id,
    name as track_name,
    string_split(artists, ', ') as artists,
    album_name as album,
    album_release_date as release_date,
    duration_ms,
    is_explicit as explicit,
    popularity,
    'Top 50 ' || upper(coalesce(nullif(trim(country), ''), 'global')) as playlist_name,
    filename
from input

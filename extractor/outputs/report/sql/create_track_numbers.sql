-- The index of each track in the page; tracks without a stay or a popularity value in the days shown are left out.
create temp table track_numbers as
with shown as (
    select track_id
    from tracks_in_playlist
    where coalesce(first_absent, last_seen) >= $first_day
    union
    select track_id
    from track_daily_popularity
    where date >= $first_day
)

select
    track_info.track_id,
    row_number() over (order by track_info.artists, track_info.track_name, track_info.track_id) - 1 as track
from track_info
inner join shown on track_info.track_id = shown.track_id

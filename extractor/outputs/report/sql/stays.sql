-- Durations instead of dates where they are small numbers: they compress better.
select
    playlist_numbers.playlist,
    track_numbers.track,
    stays.first_seen - $first_day as first,
    stays.last_seen - stays.first_seen as lasted,
    stays.first_absent - stays.last_seen as absent_after,
    stays.first_seen - stays.added_at as claimed_before,
    cast(stays.added_at_source = 'claimed' as integer) as claimed,
    cast(stays.starts_before_watch as integer) as older,
    cast(stays.stay_number > 1 as integer) as returned,
    stays.days_seen
from tracks_in_playlist as stays
inner join playlist_numbers on stays.playlist_id = playlist_numbers.playlist_id
inner join track_numbers on stays.track_id = track_numbers.track_id
where stays.first_absent is null or stays.first_absent >= $first_day
order by playlist_numbers.playlist, stays.first_seen, track_numbers.track, stays.stay_number

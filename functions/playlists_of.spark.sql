-- Playlists that a track has been in, and when: one row per stay; absences of up to gap_days days are bridged. Of the
-- days from first_seen to last_seen, days_observed prove what was in the playlist; the track was there on days_seen.
create or replace function spotify.playlists_of(track string, gap_days int default 0)
returns table (
    playlist_id string, label string, playlist_name string, stay_number int, added_at date, last_seen date,
    first_absent date, is_current boolean, days_seen int, days_observed int, days_asked int
)
return
with found as (
    select *
    from spotify.stays(gap_days)
    where track_id = spotify.track_id_of(track)
),

observed as (
    select
        found.playlist_id,
        found.stay_number,
        count(days.date) as days_observed
    from found
    left join spotify.playlist_days as days
        on
            found.playlist_id = days.playlist_id
            and days.date between found.first_seen and found.last_seen
            and days.outcome in ('complete', 'unchanged')
    group by found.playlist_id, found.stay_number
)

select
    found.playlist_id,
    playlists.label,
    playlists.playlist_name,
    found.stay_number,
    found.added_at,
    found.last_seen,
    found.first_absent,
    found.is_current,
    found.days_seen,
    cast(observed.days_observed as int),
    datediff(found.last_seen, found.first_seen) + 1
from found
inner join observed on found.playlist_id = observed.playlist_id and found.stay_number = observed.stay_number
left join spotify.playlists on found.playlist_id = playlists.playlist_id
order by found.added_at, found.playlist_id, found.stay_number

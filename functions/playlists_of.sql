-- Playlists that a track has been in, and when: one row per stay; absences of up to gap_days days are bridged. Of the
-- days from first_seen to last_seen, days_observed prove what was in the playlist; the track was there on days_seen.
create macro playlists_of(track, gap_days := 0) as table
select
    stays.playlist_id,
    playlists.label,
    playlists.name,
    stays.stay_number,
    stays.added_at,
    stays.last_seen,
    stays.first_absent,
    stays.is_current,
    stays.days_seen,
    cast((
        select count(*) from playlist_days
        where
            playlist_days.playlist_id = stays.playlist_id
            and playlist_days.date between stays.first_seen and stays.last_seen
            and playlist_days.outcome in ('complete', 'unchanged')
    ) as integer) as days_observed,
    cast(stays.last_seen - stays.first_seen + 1 as integer) as days_asked
from stays(gap_days := gap_days) as stays
left join playlists on stays.playlist_id = playlists.playlist_id
where stays.track_id = track_id_of(track)
order by stays.added_at, stays.playlist_id, stays.stay_number;

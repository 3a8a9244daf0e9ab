-- Playlists that a track has been in, and when: one row per stay; absences of up to gap_days days are bridged. Of the
-- days from first_seen to last_seen, days_observed prove what was in the playlist; the track was there on days_seen.
create function playlists_of(track text, gap_days integer default 0)
returns table (
    playlist_id varchar, label varchar, playlist_name varchar, stay_number integer, added_at date, last_seen date,
    first_absent date, is_current boolean, days_seen integer, days_observed integer, days_asked integer
)
as
with asked as (
    select track_id_of(track) as track_id
)

select
    stays.playlist_id,
    playlists.label,
    playlists.playlist_name,
    stays.stay_number,
    stays.added_at,
    stays.last_seen,
    stays.first_absent,
    stays.is_current,
    stays.days_seen,
    (
        select count(*) from playlist_days
        where
            playlist_days.playlist_id = stays.playlist_id
            and playlist_days.date between stays.first_seen and stays.last_seen
            and playlist_days.outcome in ('complete', 'unchanged')
    ) as days_observed,
    stays.last_seen - stays.first_seen + 1 as days_asked
from stays(gap_days := gap_days) as stays
left join playlists on stays.playlist_id = playlists.playlist_id
where stays.track_id = (select asked.track_id from asked)
order by stays.added_at, stays.playlist_id, stays.stay_number;

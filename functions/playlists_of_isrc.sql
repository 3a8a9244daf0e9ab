-- Playlists that a recording has been in, and when, under any of its track ids: stays of ids with the same ISRC are
-- merged if they overlap or follow each other within gap_days days.
create function playlists_of_isrc(isrc_code text, gap_days integer default 0)
returns table (
    playlist_id varchar, label varchar, playlist_name varchar, stay_number integer, added_at date, last_seen date,
    first_absent date, is_current boolean, track_ids varchar []
)
as
with pieces as (
    select
        stays.*,
        max(stays.last_seen) over (
            partition by stays.playlist_id
            order by stays.first_seen, stays.last_seen, stays.track_id
            rows between unbounded preceding and 1 preceding
        ) as last_seen_before
    from tracks_in_playlist as stays
    inner join track_info on stays.track_id = track_info.track_id
    where upper(track_info.isrc) = upper(trim(isrc_code))
),

numbered as (
    select
        *,
        count(*) filter (where last_seen_before is null or first_seen - last_seen_before - 1 > gap_days)
            over (partition by playlist_id order by first_seen, last_seen, track_id) as merged_number
    from pieces
)

select
    numbered.playlist_id,
    playlists.label,
    playlists.playlist_name,
    numbered.merged_number as stay_number,
    min(numbered.added_at) as added_at,
    max(numbered.last_seen) as last_seen,
    case when not bool_or(numbered.is_current) then max(numbered.first_absent) end as first_absent,
    bool_or(numbered.is_current) as is_current,
    array_agg(distinct numbered.track_id order by numbered.track_id) as track_ids
from numbered
left join playlists on numbered.playlist_id = playlists.playlist_id
group by numbered.playlist_id, playlists.label, playlists.playlist_name, numbered.merged_number
order by min(numbered.added_at), numbered.playlist_id;

-- Playlists that a recording has been in, and when, under any of its track ids: stays of ids with the same ISRC are
-- merged if they overlap or follow each other within gap_days days.
create or replace function spotify.playlists_of_isrc(isrc_code string, gap_days int default 0)
returns table (
    playlist_id string, label string, playlist_name string, stay_number int, added_at date, last_seen date,
    first_absent date, is_current boolean, track_ids array<string>
)
return
with pieces as (
    select
        stays.*,
        max(stays.last_seen) over (
            partition by stays.playlist_id
            order by stays.first_seen, stays.last_seen, stays.track_id
            rows between unbounded preceding and 1 preceding
        ) as last_seen_before
    from spotify.tracks_in_playlist as stays
    inner join spotify.track_info on stays.track_id = track_info.track_id
    where upper(track_info.isrc) = upper(trim(isrc_code))
),

begun as (
    select
        *,
        if(last_seen_before is null or datediff(first_seen, last_seen_before) - 1 > gap_days, 1, 0) as begins
    from pieces
),

numbered as (
    select
        *,
        sum(begins) over (partition by playlist_id order by first_seen, last_seen, track_id) as merged_number
    from begun
)

select
    numbered.playlist_id,
    playlists.label,
    playlists.playlist_name,
    cast(numbered.merged_number as int),
    min(numbered.added_at) as added_at,
    max(numbered.last_seen),
    case when not bool_or(numbered.is_current) then max(numbered.first_absent) end,
    bool_or(numbered.is_current),
    array_sort(collect_set(numbered.track_id))
from numbered
left join spotify.playlists on numbered.playlist_id = playlists.playlist_id
group by numbered.playlist_id, playlists.label, playlists.playlist_name, numbered.merged_number
order by added_at, numbered.playlist_id

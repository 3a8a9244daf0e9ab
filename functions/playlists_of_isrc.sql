-- Playlists that a recording has been in, and when, under any of its track ids: stays of ids with the same ISRC are
-- merged if they overlap or follow each other within gap_days days.
create macro playlists_of_isrc(isrc_code, gap_days := 0) as table
with pieces as (
    select
        tracks_in_playlist.*,
        max(last_seen) over (
            partition by playlist_id
            order by tracks_in_playlist.first_seen, last_seen, tracks_in_playlist.track_id
            rows between unbounded preceding and 1 preceding
        ) as last_seen_before
    from tracks_in_playlist
    inner join track_info on tracks_in_playlist.track_id = track_info.track_id
    where upper(track_info.isrc) = upper(trim(isrc_code))
),

numbered as (
    select
        *,
        count(*) filter (last_seen_before is null or first_seen - last_seen_before - 1 > gap_days)
            over (partition by playlist_id order by first_seen, last_seen, track_id) as merged_number
    from pieces
)

select
    numbered.playlist_id,
    playlists.label,
    playlists.name,
    cast(numbered.merged_number as integer) as stay_number,
    min(added_at) as added_at,
    max(last_seen) as last_seen,
    case when not bool_or(is_current) then max(first_absent) end as first_absent,
    bool_or(is_current) as is_current,
    list(distinct track_id order by track_id) as track_ids
from numbered
left join playlists on numbered.playlist_id = playlists.playlist_id
group by numbered.playlist_id, playlists.label, playlists.name, numbered.merged_number
order by added_at, numbered.playlist_id;

-- The tracklists of each playlist in the days shown, one row per version.
-- `places` has one byte per entry: where it was in the version before, as 128 plus the difference from its position,
-- which compresses well because tracks move together. 0 is an entry that was not there, or not near: `entered` has
-- these in order. They are indices of tracks, or negative: -1 unavailable, -2 a local file, -3 an episode, -4 another.
create temp table versions as
with entries as (
    select
        playlist_numbers.playlist,
        tracklists.first_day,
        tracklists.last_day,
        tracklists.position,
        coalesce(
            track_numbers.track,
            case tracklists.kind when 'unavailable' then -1 when 'local' then -2 when 'episode' then -3 else -4 end
        ) as track,
        case when track_numbers.track is null then tracklists.claimed_at end as claimed_at,
        dense_rank() over (partition by playlist_numbers.playlist order by tracklists.first_day) as version
    from tracklists
    inner join playlist_numbers on tracklists.playlist_id = playlist_numbers.playlist_id
    left join track_numbers on tracklists.track_id = track_numbers.track_id
    where tracklists.last_day >= $first_day
),

moved as (
    select
        *,
        lag(version) over by_entry as version_before,
        lag(position) over by_entry - position + 128 as place
    from entries
    window by_entry as (partition by playlist, track, claimed_at order by version, position)
),

placed as (
    select
        playlist,
        first_day,
        last_day,
        position,
        track,
        cast(case when version_before = version - 1 and place between 1 and 255 then place else 0 end as utinyint)
            as place
    from moved
)

select
    playlist,
    first_day - $first_day as first,
    last_day - first_day as lasted,
    list(place order by position) filter (position is not null) as places,
    list(track order by position) filter (position is not null and place = 0) as entered
from placed
group by playlist, first_day, last_day

-- How a playlist is curated, in one row. adds is the number of stays that were seen to begin; returns_share is the
-- share of them that are not the first stay of their track. age_at_add_median is the median of the days from
-- release_date to added_at of the adds_with_age adds whose release date is exact (precision day); it can be negative,
-- as release_date is that of the album as described now. The next columns are about the `size` tracks of
-- last_usable_day, and of these about the tracks_with_release_date tracks with an exact date: share_released_28_days
-- were released on that day or up to 27 days before it, frontline_share up to 547 days before it (18 months). kind is
-- frontline from a frontline_share of 0.75, catalogue up to 0.25, otherwise mixed. artist_concentration is the
-- Herfindahl index of the first artists' shares of the days on which tracks were seen, over all stays: 1 if there is
-- only one artist, near 0 if there are many. Null means that there is nothing to calculate from. No row for a playlist
-- that was never usable.
create function curation(playlist text)
returns table (
    playlist_id varchar, playlist_name varchar, adds integer, age_at_add_median double precision,
    adds_with_age integer, share_released_28_days double precision, frontline_share double precision,
    tracks_with_release_date integer, size integer, artist_concentration double precision,
    returns_share double precision, kind varchar, last_usable_day date
)
as
with asked as (
    select playlist_id_of(playlist) as playlist_id
),

last_days as (
    select
        playlist_id,
        max(date) as last_usable_day
    from playlist_days
    where
        playlist_id = (select asked.playlist_id from asked)
        and outcome in ('complete', 'unchanged')
    group by playlist_id
),

found as (
    select
        stays.track_id,
        stays.days_seen,
        stays.stay_number,
        not stays.starts_before_watch as is_add,
        stays.last_seen = last_days.last_usable_day as is_held,
        case when track_info.release_date_precision = 'day' then stays.added_at - track_info.release_date end
            as age_at_add,
        case
            when track_info.release_date_precision = 'day' then last_days.last_usable_day - track_info.release_date
        end as age
    from tracks_in_playlist as stays
    inner join last_days on stays.playlist_id = last_days.playlist_id
    inner join track_info on stays.track_id = track_info.track_id
),

counted as (
    select
        count(*) filter (where is_add) as adds,
        count(*) filter (where is_add and stay_number > 1) as returns,
        count(case when is_add then age_at_add end) as adds_with_age,
        percentile_cont(0.5) within group (order by case when is_add then age_at_add end) as age_at_add_median,
        count(age) filter (where is_held) as dated,
        count(*) filter (where is_held and age between 0 and 27) as recent,
        count(*) filter (where is_held and age between 0 and 547) as frontline
    from found
),

shares as (
    select
        *,
        cast(returns as double precision) / nullif(adds, 0) as returns_share,
        cast(recent as double precision) / nullif(dated, 0) as recent_share,
        cast(frontline as double precision) / nullif(dated, 0) as frontline_share
    from counted
),

artist_days as (
    select
        coalesce(track_artists.artist_id, track_artists.artist_name) as artist,
        cast(sum(found.days_seen) as double precision) as artist_days
    from found
    inner join track_artists on found.track_id = track_artists.track_id
    where track_artists.artist_position = 1
    group by coalesce(track_artists.artist_id, track_artists.artist_name)
),

concentration as (
    select sum(artist_days * artist_days) / (sum(artist_days) * sum(artist_days)) as herfindahl
    from artist_days
)

select
    last_days.playlist_id,
    playlists.playlist_name,
    shares.adds,
    shares.age_at_add_median,
    shares.adds_with_age,
    round(cast(shares.recent_share as decimal(18, 9)), 4) as share_released_28_days,
    round(cast(shares.frontline_share as decimal(18, 9)), 4) as frontline_share,
    shares.dated as tracks_with_release_date,
    playlist_days.size,
    round(cast(concentration.herfindahl as decimal(18, 9)), 4) as artist_concentration,
    round(cast(shares.returns_share as decimal(18, 9)), 4) as returns_share,
    case
        when shares.frontline_share >= 0.75 then 'frontline'
        when shares.frontline_share <= 0.25 then 'catalogue'
        when shares.frontline_share is not null then 'mixed'
    end as kind,
    last_days.last_usable_day
from last_days
inner join playlist_days
    on last_days.playlist_id = playlist_days.playlist_id and last_days.last_usable_day = playlist_days.date
cross join shares
cross join concentration
left join playlists on last_days.playlist_id = playlists.playlist_id;

-- Reach of a track: one row per day on which it was in at least one playlist that was usable that day, with the number
-- of these playlists and the sum of their followers. Audiences overlap: a sum of followers is no number of people. If
-- the followers of a playlist are unknown on a day, the last number before is carried forward; followers_carried is how
-- many of the numbers are. playlists_without_followers are those without any number up to that day: they add nothing to
-- the sum, and it is null if there are no others. playlists_unobserved is the number of further playlists that held the
-- track before and after the day, but were not usable on it, or had a null entry that may hide the track. They are in
-- none of the other columns, so that the sum falls on such days. No rows for a track that was in no playlist.
create function reach_of(track text)
returns table (
    date date, playlists integer, followers bigint, playlists_without_followers integer, followers_carried integer,
    is_carried boolean, playlists_unobserved integer
)
as
with asked as (
    select track_id_of(track) as track_id
),

track_stays as (
    select
        playlist_id,
        track_id,
        first_seen,
        last_seen
    from tracks_in_playlist
    where track_id = (select asked.track_id from asked)
),

counted_days as (
    select
        playlist_id,
        date,
        outcome,
        followers,
        count(followers) over (partition by playlist_id order by date) as value_number
    from playlist_days
    where playlist_id in (select track_stays.playlist_id from track_stays)
),

followers_on as (
    select
        playlist_id,
        date,
        outcome,
        followers is null as is_carried,
        max(followers) over (partition by playlist_id, value_number) as followers
    from counted_days
),

versions as (
    select distinct
        tracklists.playlist_id,
        tracklists.first_day,
        tracklists.last_day
    from tracklists
    inner join track_stays
        on
            tracklists.playlist_id = track_stays.playlist_id
            and tracklists.track_id = track_stays.track_id
    where tracklists.kind = 'track'
),

held as (
    select
        followers_on.date,
        count(*) as playlists,
        sum(followers_on.followers) as followers,
        count(*) - count(followers_on.followers) as playlists_without_followers,
        count(followers_on.followers) filter (where followers_on.is_carried) as followers_carried
    from versions
    inner join followers_on
        on
            versions.playlist_id = followers_on.playlist_id
            and followers_on.date between versions.first_day and versions.last_day
    where followers_on.outcome in ('complete', 'unchanged')
    group by followers_on.date
),

spanned as (
    select
        held.date,
        count(*) as playlists
    from held
    inner join track_stays on held.date between track_stays.first_seen and track_stays.last_seen
    group by held.date
)

select
    held.date,
    held.playlists,
    held.followers,
    held.playlists_without_followers,
    held.followers_carried,
    held.followers_carried > 0 as is_carried,
    spanned.playlists - held.playlists as playlists_unobserved
from held
inner join spanned on held.date = spanned.date
order by held.date;

-- `outcomes` has one letter per day since the playlist's first day: the outcome's initial, `x` for unavailable (`u` is
-- unchanged), `e` for a day on which the playlist was observed to be empty, and `i` for an imported observation.
-- `followers` has a number for each of these days, as the difference from the last known one, and `sizes` the number of
-- tracks; null where they are not known. `read_before` is the last complete or unchanged day before those of the page,
-- and `followers_before` the last number of followers.
with steps as (
    select
        *,
        followers - coalesce(
            last_value(followers ignore nulls) over (
                partition by playlist_id order by date rows between unbounded preceding and 1 preceding
            ), 0
        ) as step
    from playlist_days
    where date >= $first_day
),

days as (
    select
        playlist_id,
        min(date) - $first_day as since,
        string_agg(
            case
                when outcome in ('complete', 'unchanged') and entries = 0 then 'e'
                when outcome in ('complete', 'unchanged') and source is not null then 'i'
                when outcome = 'unavailable' then 'x'
                else left(outcome, 1)
            end,
            '' order by date
        ) as outcomes,
        list(step order by date) as followers,
        list(size order by date) as sizes
    from steps
    group by playlist_id
),

earlier as (
    select
        playlist_id,
        max(date) filter (where outcome in ('complete', 'unchanged')) - $first_day as read_before,
        arg_max(followers, date) as followers_before
    from playlist_days
    where date < $first_day
    group by playlist_id
)

select
    playlists.playlist_id as id,
    playlists.playlist_name as name,
    nullif(playlists.label, '') as label,
    playlists.owner_kind as owner,
    playlists.is_watched as watched,
    coalesce(days.since, 0) as since,
    coalesce(days.outcomes, '') as outcomes,
    days.followers,
    days.sizes,
    earlier.read_before,
    earlier.followers_before
from playlist_numbers
inner join playlists on playlist_numbers.playlist_id = playlists.playlist_id
left join days on playlist_numbers.playlist_id = days.playlist_id
left join earlier on playlist_numbers.playlist_id = earlier.playlist_id
order by playlist_numbers.playlist

-- `released` is as exact as it is known: a day, a month or a year. `by` has the indices of the artists.
with credits as (
    select
        track_artists.track_id,
        list(artist_numbers.artist order by track_artists.artist_position) as artists
    from track_artists
    inner join artist_numbers on track_artists.artist_id = artist_numbers.artist_id
    group by track_artists.track_id
)

select
    track_info.track_id as id,
    track_info.track_name as name,
    track_info.artists,
    coalesce(credits.artists, []) as by,
    track_info.album_name as album,
    track_info.isrc,
    case track_info.release_date_precision
        when 'day' then strftime(track_info.release_date, '%Y-%m-%d')
        when 'month' then strftime(track_info.release_date, '%Y-%m')
        else strftime(track_info.release_date, '%Y')
    end as released
from track_numbers
inner join track_info on track_numbers.track_id = track_info.track_id
left join credits on track_numbers.track_id = credits.track_id
order by track_numbers.track

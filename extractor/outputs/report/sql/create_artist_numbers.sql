-- The index of each artist of the page's tracks. An artist without an id is not linked and has none.
create temp table artist_numbers as
with shown as (
    select distinct track_artists.artist_id
    from track_artists
    inner join track_numbers on track_artists.track_id = track_numbers.track_id
    where track_artists.artist_id is not null
)

select
    artists.artist_id,
    row_number() over (order by lower(artists.artist_name), artists.artist_id) - 1 as artist
from artists
inner join shown on artists.artist_id = shown.artist_id

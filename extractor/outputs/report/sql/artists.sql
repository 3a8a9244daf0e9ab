select
    artists.artist_id as id,
    artists.artist_name as name
from artist_numbers
inner join artists on artist_numbers.artist_id = artists.artist_id
order by artist_numbers.artist

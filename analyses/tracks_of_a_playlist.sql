-- depends_on: {{ ref('tracks_in_playlist') }}
select distinct track_id
from tracks_in_playlist
where
    playlist_id = '{{ var("playlist") }}'
    and added_at <= date '{{ var("end_date") }}'
    and last_seen >= date '{{ var("start_date") }}'

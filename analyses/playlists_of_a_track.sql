-- depends_on: {{ ref('tracks_in_playlist') }}
select
    playlist_id,
    added_at,
    last_seen
from tracks_in_playlist
where track_id = '{{ var("track") }}'

-- depends_on: {{ ref('tracks_in_playlist') }}, {{ ref('playlist_days') }}, {{ ref('playlists') }}
select
    coalesce(label, playlist_name) as playlist,
    stay_number,
    added_at,
    last_seen,
    first_absent,
    format('seen {} of {} days, {} not observed', days_seen, days_asked, days_asked - days_observed) as known
from playlists_of('{{ var("track") }}', {{ var("gap_days") }})
order by added_at, playlist

-- depends_on: {{ ref('tracks_in_playlist') }}, {{ ref('tracklists') }}, {{ ref('playlist_days') }}
select
    track_name,
    artists,
    added_at,
    last_seen,
    first_absent,
    format('seen {} of {} days, {} not observed', days_seen, days_asked, days_asked - days_observed) as known
from tracks_during('{{ var("playlist") }}', '{{ var("start_date") }}', '{{ var("end_date") }}', {{ var("gap_days") }})
order by added_at, track_name

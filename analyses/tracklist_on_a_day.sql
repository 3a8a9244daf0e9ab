-- depends_on: {{ ref('tracklists') }}, {{ ref('playlist_days') }}, {{ ref('track_info') }}
select
    position,
    kind,
    track_name,
    artists,
    outcome,
    nearest_usable_day
from tracklist_on('{{ var("playlist") }}', '{{ var("end_date") }}')
order by position

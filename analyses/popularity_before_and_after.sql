-- depends_on: {{ ref('tracks_in_playlist') }}, {{ ref('track_daily_popularity') }}, {{ ref('track_info') }}
select
    around.track_name,
    around.artists,
    around.added_at,
    around.last_seen,
    around.mean_before,
    around.mean_during,
    around.mean_after,
    around.days_before,
    around.days_after
from popularity_around_stays({{ var("window_days") }}) as around
where around.playlist_id = playlist_id_of('{{ var("playlist") }}')
order by around.mean_during - around.mean_before desc nulls last, around.added_at asc, around.track_name asc

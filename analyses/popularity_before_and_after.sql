-- depends_on: {{ ref('tracks_in_playlist') }}, {{ ref('track_daily_popularity') }}, {{ ref('track_info') }}
select
    track_info.name,
    track_info.artists,
    around.added_at,
    around.last_seen,
    around.mean_before,
    around.mean_during,
    around.mean_after,
    around.days_before,
    around.days_after
from popularity_around_stays({{ var("window_days") }}) as around
left join track_info on around.track_id = track_info.track_id
where around.playlist_id = playlist_id_of('{{ var("playlist") }}')
order by around.mean_during - around.mean_before desc nulls last, around.added_at asc, track_info.name asc

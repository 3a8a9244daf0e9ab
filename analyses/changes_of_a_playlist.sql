-- depends_on: {{ ref('playlist_changes') }}, {{ ref('track_info') }}
select
    changes.date_before as after_read_of,
    changes.date as until_read_of,
    changes.change,
    changes.is_replacement,
    track_info.track_name,
    track_info.artists
from playlist_changes as changes
left join track_info on changes.track_id = track_info.track_id
where
    changes.playlist_id = playlist_id_of('{{ var("playlist") }}')
    and changes.date between date '{{ var("start_date") }}' and date '{{ var("end_date") }}'
order by changes.date, changes.change, track_info.track_name

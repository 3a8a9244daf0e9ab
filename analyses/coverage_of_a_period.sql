-- depends_on: {{ ref('playlist_days') }}
select
    outcome,
    days,
    days_asked,
    is_observed
from coverage('{{ var("playlist") }}', '{{ var("start_date") }}', '{{ var("end_date") }}')
order by is_observed desc, days desc, outcome asc

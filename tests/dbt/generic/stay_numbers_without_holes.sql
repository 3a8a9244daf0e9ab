{# Stays are numbered 1, 2, … per playlist and track. #}
{% test stay_numbers_without_holes(model) %}
select
    playlist_id,
    track_id
from {{ model }}
group by playlist_id, track_id
having min(stay_number) <> 1 or max(stay_number) <> count(*)
{% endtest %}

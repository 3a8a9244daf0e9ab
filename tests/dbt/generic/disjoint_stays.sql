{# Stays of a track in a list don't touch: each ends, with proof of absence, before the next begins. #}
{% test disjoint_stays(model) %}
select *
from (
    select
        *,
        lead(first_seen) over (partition by playlist_id, track_id order by stay_number) as next_first_seen
    from {{ model }}
) as stays
where
    not (first_seen <= last_seen)
    or not (added_at <= first_seen)
    or first_absent <= last_seen
    or (next_first_seen is not null and (first_absent is null or first_absent >= next_first_seen))
{% endtest %}

{# Stays of a track in a playlist are numbered 1, 2, … and don't touch: each ends, with proof of absence, before the next
   begins. Nothing is null but the end of an open stay. #}
{% test stays_are_sound(model) %}
with stays as (

    select
        *,
        row_number() over by_day as expected_number,
        lead(first_seen) over by_day as next_first_seen
    from {{ model }}
    window by_day as (partition by playlist_id, track_id order by first_seen)

)

select *
from stays
where
    stay_number <> expected_number
    or not coalesce(
        added_at <= first_seen and first_seen <= last_seen and days_seen >= 1
        and added_at_source in ('claimed', 'observed') and is_current = (first_absent is null)
        and starts_before_watch is not null,
        false
    )
    or first_absent <= last_seen
    or (next_first_seen is not null and (first_absent is null or first_absent >= next_first_seen))
{% endtest %}

-- Stays that begin or end in the windows. A part that begins in a known span goes on with the open stay of its track.
with parts as (select * from {{ ref('int_stay_parts') }}),

known_stays as (select * from {{ ref('int_known_stays') }}),

joined as (
    select
        parts.playlist_id,
        parts.track_id,
        coalesce(known_stays.stay_number, 0) + parts.part_number
        - case when known_stays.is_open then 1 else 0 end as stay_number,
        case when parts.is_known then known_stays.first_seen else parts.first_day end as first_seen,
        case when parts.is_known then known_stays.first_usable_number else parts.first_usable_number end
            as first_usable_number,
        case when parts.is_known then known_stays.claimed_on else parts.claimed_on end as claimed_on,
        case when parts.is_known then known_stays.last_usable_day_before else parts.last_usable_day_before end
            as last_usable_day_before,
        case
            when parts.is_known then known_stays.masked_days
            else parts.last_usable_number - parts.first_usable_number + 1 - parts.usable_days_held
        end as masked_days,
        parts.first_absent,
        parts.last_day,
        parts.last_usable_number,
        parts.reaches_the_end
    from parts
    left join known_stays
        on
            parts.playlist_id = known_stays.playlist_id
            and parts.track_id = known_stays.track_id
),

final as (
    select
        playlist_id,
        track_id,
        cast(stay_number as integer) as stay_number,
        first_seen,
        first_usable_number,
        claimed_on,
        last_usable_day_before,
        cast(masked_days as integer) as masked_days,
        first_absent,
        case when not reaches_the_end then last_day end as last_seen,
        case
            when not reaches_the_end then cast(last_usable_number - first_usable_number + 1 - masked_days as integer)
        end as days_seen
    from joined
)

select * from final

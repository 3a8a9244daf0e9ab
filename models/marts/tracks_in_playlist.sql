{{ config(materialized='view') }}

-- A view, because an open stay reaches as far as its list: on a day without changes nothing is written for it.
with stays as (select * from {{ ref('int_stays') }}),

last_spans as (select * from {{ ref('int_last_spans') }}),

track_info as (select * from {{ ref('track_info') }}),

judged as (
    select
        stays.*,
        coalesce(stays.last_seen, last_spans.last_day) as last_day,
        coalesce(
            stays.days_seen, last_spans.last_usable_number - stays.first_usable_number + 1 - stays.masked_days
        ) as days,
        coalesce(
            stays.claimed_on <> date '1970-01-01'
            and stays.claimed_on <= stays.first_seen
            and (stays.claimed_on >= stays.last_usable_day_before or stays.last_usable_day_before is null),
            false
        ) as believes_claim
    from stays
    inner join last_spans on stays.playlist_id = last_spans.playlist_id
    where stays.track_id in (select track_info.track_id from track_info)
),

final as (
    select
        playlist_id,
        track_id,
        stay_number,
        case when believes_claim then claimed_on else first_seen end as added_at,
        last_day as last_seen,
        first_seen,
        first_absent,
        case when believes_claim then 'claimed' else 'observed' end as added_at_source,
        last_usable_day_before is null as starts_before_watch,
        first_absent is null as is_current,
        cast(days as integer) as days_seen
    from judged
)

select * from final

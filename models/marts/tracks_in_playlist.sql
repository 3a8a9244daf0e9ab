{{ config(materialized='view') }}

-- A view, because last_seen of an open stay is the last usable day of its playlist: no row is written on a day without
-- changes.
with stays as (select * from {{ ref('int_stays') }}),

days as (select * from {{ ref('int_playlist_days_counted') }}),

track_info as (select * from {{ ref('track_info') }}),

last_usable_days as (
    select
        playlist_id,
        max(day) as day,
        max(usable_days) as usable_days
    from days
    where is_usable
    group by playlist_id
),

judged as (
    select
        stays.*,
        coalesce(stays.last_held, last_usable_days.day) as last_seen,
        stays.days_held + case when stays.last_held is null then last_usable_days.usable_days else 0 end as days_seen,
        coalesce(
            stays.claimed_on >= date '2006-01-01'
            and stays.claimed_on <= stays.first_seen
            and (stays.claimed_on >= stays.usable_day_before or stays.usable_day_before is null),
            false
        ) as believes_claim
    from stays
    inner join last_usable_days on stays.playlist_id = last_usable_days.playlist_id
    where stays.track_id in (select track_info.track_id from track_info)
),

final as (
    select
        playlist_id,
        track_id,
        stay_number,
        case when believes_claim then claimed_on else first_seen end as added_at,
        last_seen,
        first_seen,
        first_absent,
        case when believes_claim then 'claimed' else 'observed' end as added_at_source,
        usable_day_before is null as starts_before_watch,
        first_absent is null as is_current,
        cast(days_seen as integer) as days_seen
    from judged
)

select * from final

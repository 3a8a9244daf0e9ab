{{ config(materialized='view') }}

-- A view, because last_seen of an open stay is the last usable day of its playlist: no row is written on a day without
-- changes.
with stays as (select * from {{ ref('int_stays') }}),

days as (select * from {{ ref('int_playlist_days_counted') }}),

versions as (select * from {{ ref('int_playlist_versions') }}),

followed as (select * from {{ ref('track_info_history') }}),

imported_days as (
    select
        playlist_id,
        day
    from days
    where
        is_usable
        and source is not null
),

last_usable_days as (
    select
        playlist_id,
        max(day) as day,
        max(usable_days) as usable_days,
        {{ value_of_greatest('content_hash', ['day']) }} as content_hash
    from days
    where is_usable
    group by playlist_id
),

judged as (
    select
        stays.*,
        coalesce(stays.last_held, last_usable_days.day) as last_seen,
        stays.days_held + case when stays.last_held is null then last_usable_days.usable_days else 0 end as days_seen,
        case
            when stays.last_held is not null then stays.last_position
            else {{ array_position('versions.track_ids', 'stays.track_id') }}
        end as final_position,
        coalesce(
            stays.claimed_on >= date '2006-01-01'
            and stays.claimed_on <= stays.first_seen
            and (stays.claimed_on >= stays.usable_day_before or stays.usable_day_before is null),
            false
        ) as believes_claim
    from stays
    inner join last_usable_days on stays.playlist_id = last_usable_days.playlist_id
    left join versions
        on
            last_usable_days.playlist_id = versions.playlist_id
            and last_usable_days.content_hash = versions.content_hash
    where stays.track_id in (select followed.track_id from followed)
),

dated as (
    select
        *,
        case when believes_claim then claimed_on else first_seen end as added_at
    from judged
),

final as (
    select
        dated.playlist_id,
        dated.track_id,
        dated.stay_number,
        dated.added_at,
        dated.last_seen,
        dated.first_seen,
        dated.first_absent,
        case when dated.believes_claim then 'claimed' else 'observed' end as added_at_source,
        dated.usable_day_before is null as starts_before_watch,
        dated.first_absent is null as is_current,
        cast(dated.days_seen as integer) as days_seen,
        concat(dated.playlist_id, '-', dated.track_id, '-', dated.first_seen) as stay_id,
        dated.entry_position,
        dated.final_position as last_position,
        {{ days_between('dated.added_at', 'dated.last_seen') }} + 1 as days_min,
        -- at most from the day after the read before the stay to the day before the read after it
        case
            when dated.believes_claim then {{ days_between('dated.added_at', 'dated.first_absent') }}
            else {{ days_between('dated.usable_day_before', 'dated.first_absent') }} - 1
        end as days_max,
        dated.first_absent is not null as is_ended,
        coalesce(first_days.day, last_days.day, absent_days.day) is not null as is_imported
    from dated
    left join imported_days as first_days
        on
            dated.playlist_id = first_days.playlist_id
            and dated.first_seen = first_days.day
    left join imported_days as last_days
        on
            dated.playlist_id = last_days.playlist_id
            and dated.last_seen = last_days.day
    left join imported_days as absent_days
        on
            dated.playlist_id = absent_days.playlist_id
            and dated.first_absent = absent_days.day
)

select * from final

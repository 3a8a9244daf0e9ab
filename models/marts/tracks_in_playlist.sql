with stays as (

    select * from {{ ref('int_stays') }}

),

track_info as (

    select * from {{ ref('track_info') }}

),

known_stays as (

    select * from stays
    where track_id in (select track_info.track_id from track_info)

),

judged as (

    select
        *,
        coalesce(
            claimed_on <> date '1970-01-01'
            and claimed_on <= first_seen
            and (claimed_on >= last_usable_day_before or last_usable_day_before is null),
            false
        ) as believes_claim
    from known_stays

),

final as (

    select
        playlist_id,
        track_id,
        cast(stay_number as integer) as stay_number,
        case when believes_claim then claimed_on else first_seen end as added_at,
        last_seen,
        first_seen,
        first_absent,
        case when believes_claim then 'claimed' else 'observed' end as added_at_source,
        last_usable_day_before is null as starts_before_watch,
        first_absent is null as is_current,
        cast(days_seen as integer) as days_seen
    from judged

)

select * from final

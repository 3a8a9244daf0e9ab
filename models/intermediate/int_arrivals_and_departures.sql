{{ config(materialized='view') }}

-- The two ends of each stay that are changes: its beginning, unless it may be older than we know, and its proven end.
with stays as (select * from {{ ref('int_stays') }}),

final as (
    select
        playlist_id,
        track_id,
        first_seen as day,
        case when stay_number = 1 then 'added' else 'returned' end as change,
        last_usable_day_before as day_before
    from stays
    where last_usable_day_before is not null

    union all

    select
        playlist_id,
        track_id,
        first_absent as day,
        'removed' as change,
        last_seen as day_before
    from stays
    where first_absent is not null
)

select * from final

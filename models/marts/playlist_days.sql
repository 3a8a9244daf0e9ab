{{ config(
    unique_key=['playlist_id', 'date'],
    pre_hook="{{ delete_rewound_rows(ref('int_playlists_rewound'), 'playlist_id', 'date') }}",
) }}

-- The observation calendar: every day from a playlist's first read to the last day with a live read of any playlist, or
-- to its own last read if that is later or if it has imported reads only. A build adds days after the last existing one
-- of each playlist; rows from its rewind day on have been deleted.
with days as {{ not_materialized() }} (select * from {{ ref('int_playlist_days_counted') }}),

membership_changes as (select * from {{ ref('int_membership_changes') }}),

stays as {{ not_materialized() }} (select * from {{ ref('int_stays') }}),

last_live_read as (
    select max(day) as day from days
    where has_live_read
),

playlists as (
    select
        days.playlist_id,
        min(days.day) as first_day,
        max(case
            when days.has_live_read and last_live_read.day > days.day then last_live_read.day
            else days.day
        end) as last_day
    from days
    cross join last_live_read
    group by days.playlist_id
),

{% if is_incremental() -%}
    known as (
        select
            playlist_id,
            max(date) as last_day,
            {{ value_of_greatest('size', ['date']) }} as size
        from {{ this }}
        group by playlist_id
    ),
{%- else -%}
    known as (
        select
            playlist_id,
            first_day as last_day,
            0 as size
        from playlists
        where false
    ),
{%- endif %}

gaps as (
    select
        playlists.playlist_id,
        coalesce(known.last_day + 1, playlists.first_day) as first_day,
        coalesce(known.size, 0) as size_before,
        playlists.last_day
    from playlists
    left join known on playlists.playlist_id = known.playlist_id
    where known.last_day is null or known.last_day < playlists.last_day
),

calendar as (
    select
        playlist_id,
        size_before,
        {{ calendar('first_day', 'last_day') }} as date
    from gaps
),

-- By how many tracks the content differs from the one before. A track that a null entry hides is not counted.
growth as (
    select
        playlist_id,
        day,
        sum(case when is_added then 1 else -1 end) as growth
    from membership_changes
    where day >= (select min(gaps.first_day) from gaps)
    group by playlist_id, day
),

-- Starts and proven ends of stays. A track that a null entry hides has not left.
events as (
    select
        playlist_id,
        first_seen as day,
        1 as added,
        0 as removed
    from stays
    where
        usable_day_before is not null
        and first_seen >= (select min(gaps.first_day) from gaps)

    union all

    select
        playlist_id,
        first_absent as day,
        0 as added,
        1 as removed
    from stays
    where first_absent >= (select min(gaps.first_day) from gaps)
),

changes as (
    select
        playlist_id,
        day,
        sum(added) as added,
        sum(removed) as removed
    from events
    group by playlist_id, day
),

final as (
    select
        calendar.playlist_id,
        calendar.date,
        coalesce(days.outcome, 'not_run') as outcome,
        days.source,
        days.reason,
        case when days.outcome = 'unchanged' then days.content_entries else days.entries end as entries,
        days.total,
        case when days.is_usable then days.content_unavailable_entries end as unavailable_entries,
        days.snapshot_id,
        days.followers,
        cast(case
            when days.is_usable
                then calendar.size_before + coalesce(sum(growth.growth) over (
                    partition by calendar.playlist_id order by calendar.date rows unbounded preceding
                ), 0)
        end as integer) as size,
        cast(case
            when days.is_usable and days.usable_day_before is not null then coalesce(changes.added, 0)
        end as integer) as added,
        cast(case
            when days.is_usable and days.usable_day_before is not null then coalesce(changes.removed, 0)
        end as integer) as removed,
        case when days.is_usable then {{ days_between('days.usable_day_before', 'calendar.date') }} end
            as days_since_usable
    from calendar
    left join days
        on
            calendar.playlist_id = days.playlist_id
            and calendar.date = days.day
    left join growth
        on
            calendar.playlist_id = growth.playlist_id
            and calendar.date = growth.day
    left join changes
        on
            calendar.playlist_id = changes.playlist_id
            and calendar.date = changes.day
)

select * from final

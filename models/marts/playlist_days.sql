{{ config(
    unique_key=['playlist_id', 'date'],
    pre_hook="{{ delete_rewound_rows(ref('int_playlists_rewound'), 'playlist_id', 'date') }}",
) }}

-- The observation calendar: every day from a playlist's first read to the last day on which any playlist was read. A
-- build adds days after the last existing one of each playlist; rows from its rewind day on have been deleted.
with days as {{ not_materialized() }} (select * from {{ ref('int_playlist_days_counted') }}),

last_read as (
    select max(day) as day from days
),

playlists as (
    select
        playlist_id,
        min(day) as first_day
    from days
    group by playlist_id
),

{% if is_incremental() -%}
    known as (
        select
            playlist_id,
            max(date) as last_day
        from {{ this }}
        group by playlist_id
    ),
{%- else -%}
    known as (
        select
            playlist_id,
            first_day as last_day
        from playlists
        where false
    ),
{%- endif %}

gaps as (
    select
        playlists.playlist_id,
        coalesce(known.last_day + 1, playlists.first_day) as first_day,
        last_read.day as last_day
    from playlists
    left join known on playlists.playlist_id = known.playlist_id
    cross join last_read
),

calendar as (
    select
        playlist_id,
        {{ calendar('first_day', 'last_day') }} as date
    from gaps
),

final as (
    select
        calendar.playlist_id,
        calendar.date,
        coalesce(days.outcome, 'not_run') as outcome,
        days.reason,
        case when days.outcome = 'unchanged' then days.content_entries else days.entries end as entries,
        days.total,
        case when days.is_usable then days.content_unavailable_entries end as unavailable_entries,
        days.snapshot_id
    from calendar
    left join days
        on
            calendar.playlist_id = days.playlist_id
            and calendar.date = days.day
)

select * from final

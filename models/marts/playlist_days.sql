{{ config(
    incremental_strategy='delete+insert',
    unique_key=['playlist_id', 'date'],
    post_hook='{{ remember_build() }}',
) }}

-- The observation calendar: every day from a list's first read to the last day anything was read. New days are added;
-- where a late day changed what counts, the days of that list are written anew.
with counted_reads as (select * from {{ ref('int_counted_reads') }}),

last_known as (
    select max(known.date) as day
    from {{ state_of('playlist_days', {'date': 'date'}) }} as known
),

last_read as (
    select max(day) as day from counted_reads
),

lists as (
    select
        playlist_id,
        min(day) as first_day,
        min(case when load_number > {{ last_load_built() }} then day end) as first_new_day
    from counted_reads
    group by playlist_id
),

calendar_starts as (
    select
        lists.playlist_id,
        greatest(
            lists.first_day,
            least(
                coalesce(lists.first_new_day, last_read.day + 1),
                coalesce(last_known.day + 1, lists.first_day)
            )
        ) as first_day,
        last_read.day as last_day
    from lists
    cross join last_known
    cross join last_read
),

calendar as (
    select
        playlist_id,
        {{ calendar('first_day', 'last_day') }} as date
    from calendar_starts
),

final as (
    select
        calendar.playlist_id,
        calendar.date,
        coalesce(counted_reads.outcome, 'not_run') as outcome,
        counted_reads.reason,
        case
            when counted_reads.outcome = 'unchanged' then counted_reads.content_entries
            else counted_reads.entries
        end as entries,
        counted_reads.total,
        case
            when counted_reads.outcome in ('complete', 'unchanged') then counted_reads.content_unavailable_entries
        end as unavailable_entries,
        counted_reads.snapshot_id
    from calendar
    left join counted_reads
        on
            calendar.playlist_id = counted_reads.playlist_id
            and calendar.date = counted_reads.day
)

select * from final

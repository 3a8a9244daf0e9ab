-- The observation calendar: every day from a list's first read to the last day anything was read.
with counted_reads as (

    select * from {{ ref('int_counted_reads') }}

),

complete_reads as (

    select * from {{ ref('int_complete_reads') }}

),

entries as (

    select * from {{ ref('int_playlist_entries') }}

),

last_day as (

    select max(day) as day from counted_reads

),

first_days as (

    select
        playlist_id,
        min(day) as day
    from counted_reads
    group by playlist_id

),

calendar as (

    select
        first_days.playlist_id,
        {{ calendar('first_days.day', 'last_day.day') }} as date
    from first_days
    cross join last_day

),

unavailable_entries as (

    select
        playlist_id,
        run_id,
        attempt,
        count(*) as entries
    from entries
    where kind = 'unavailable'
    group by playlist_id, run_id, attempt

),

contents as (

    select
        complete_reads.playlist_id,
        complete_reads.read_number,
        complete_reads.entries,
        coalesce(unavailable_entries.entries, 0) as unavailable_entries
    from complete_reads
    left join unavailable_entries
        on
            complete_reads.playlist_id = unavailable_entries.playlist_id
            and complete_reads.run_id = unavailable_entries.run_id
            and complete_reads.attempt = unavailable_entries.attempt

),

final as (

    select
        calendar.playlist_id,
        calendar.date,
        coalesce(counted_reads.outcome, 'not_run') as outcome,
        counted_reads.reason,
        coalesce(contents.entries, counted_reads.entries) as entries,
        counted_reads.total,
        cast(contents.unavailable_entries as integer) as unavailable_entries,
        counted_reads.snapshot_id
    from calendar
    left join counted_reads
        on
            calendar.playlist_id = counted_reads.playlist_id
            and calendar.date = counted_reads.day
    left join contents
        on
            counted_reads.playlist_id = contents.playlist_id
            and counted_reads.read_number = contents.read_number

)

select * from final

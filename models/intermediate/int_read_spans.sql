-- A complete read speaks for its day and for the unchanged days after it, until the next complete read.
with complete_reads as (

    select * from {{ ref('int_complete_reads') }}

),

counted_reads as (

    select * from {{ ref('int_counted_reads') }}

),

spans as (

    select
        playlist_id,
        read_number,
        max(day) as last_day,
        count(*) as days
    from counted_reads
    where outcome in ('complete', 'unchanged')
    group by playlist_id, read_number

),

final as (

    select
        complete_reads.playlist_id,
        complete_reads.read_number,
        complete_reads.run_id,
        complete_reads.attempt,
        complete_reads.day as first_day,
        spans.last_day,
        spans.days,
        lag(spans.last_day) over (
            partition by complete_reads.playlist_id order by complete_reads.read_number
        ) as last_usable_day_before
    from complete_reads
    inner join spans
        on
            complete_reads.playlist_id = spans.playlist_id
            and complete_reads.read_number = spans.read_number

)

select * from final

-- One read counts per list and day. `unchanged` is believed only against the last complete read before it.
with reads as (

    select * from {{ ref('stg_spotify__playlist_reads') }}

),

complete_reads as (

    select * from {{ ref('int_complete_reads') }}

),

judged as (

    select
        reads.*,
        case
            when reads.outcome = 'unchanged' and complete_reads.snapshot_id is null then 'partial'
            else reads.outcome
        end as judged_outcome,
        case
            when reads.outcome = 'unchanged' and complete_reads.snapshot_id is null
                then 'not the snapshot_id of the last complete read'
            else reads.reason
        end as judged_reason,
        case when reads.outcome = 'unchanged' then complete_reads.read_number end as unchanged_since
    from reads
    left join complete_reads
        on
            reads.playlist_id = complete_reads.playlist_id
            and reads.snapshot_id = complete_reads.snapshot_id
            and reads.day > complete_reads.day
            and (reads.day <= complete_reads.next_day or complete_reads.next_day is null)

),

ranked as (

    select
        *,
        row_number() over (
            partition by playlist_id, day
            order by
                case judged_outcome
                    when 'complete' then 1
                    when 'unchanged' then 2
                    when 'partial' then 3
                    when 'unavailable' then 4
                    else 5
                end,
                observed_at desc,
                run_id desc
        ) as best_first
    from judged

),

final as (

    select
        ranked.playlist_id,
        ranked.day,
        ranked.judged_outcome as outcome,
        ranked.judged_reason as reason,
        coalesce(complete_reads.read_number, ranked.unchanged_since) as read_number,
        ranked.entries,
        ranked.total,
        ranked.snapshot_id
    from ranked
    left join complete_reads
        on
            ranked.playlist_id = complete_reads.playlist_id
            and ranked.day = complete_reads.day
    where ranked.best_first = 1

)

select * from final

-- `unchanged` is believed only against the last complete read before it.
with candidates as (select * from {{ ref('int_read_candidates') }}),

contents as (select * from {{ ref('int_read_contents') }}),

final as (
    select
        candidates.playlist_id,
        candidates.day,
        candidates.run_id,
        case
            when candidates.outcome = 'unchanged' and coalesce(candidates.snapshot_id <> contents.snapshot_id, true)
                then 'partial'
            else candidates.outcome
        end as outcome,
        case
            when candidates.outcome = 'unchanged' and coalesce(candidates.snapshot_id <> contents.snapshot_id, true)
                then 'not the snapshot_id of the last complete read'
            else candidates.reason
        end as reason,
        candidates.snapshot_id,
        candidates.entries,
        candidates.total,
        candidates.usable_days_before,
        candidates.observed_at,
        candidates.load_number
    from candidates
    {{ join_latest('contents', 'candidates', '>') }}
    where candidates.outcome <> 'known'
)

select * from final

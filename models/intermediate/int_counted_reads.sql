{{ config(
    incremental_strategy='append',
    pre_hook="{{ forget_rebuilt(ref('int_read_changes')) }}",
    post_hook='{{ remember_build() }}',
) }}
{{ refuse_partial_refresh(ref('int_read_changes'), ref('int_playlist_reads')) }}

-- One read counts per list and day, the best and then the latest. Every row carries on the content of the list as last
-- known, and how many of its days were usable (complete or unchanged) so far.
with judged_reads as (select * from {{ ref('int_judged_reads') }}),

contents as (select * from {{ ref('int_read_contents') }}),

ranked as (
    select
        *,
        row_number() over (
            partition by playlist_id, day
            order by
                case outcome
                    when 'complete' then 1
                    when 'unchanged' then 2
                    when 'partial' then 3
                    when 'unavailable' then 4
                    else 5
                end asc,
                observed_at desc,
                run_id desc
        ) as best_first
    from judged_reads
),

counted as (
    select
        *,
        usable_days_before + sum(case when outcome in ('complete', 'unchanged') then 1 else 0 end)
            over (partition by playlist_id order by day)
            as usable_number,
        max(load_number) over (partition by playlist_id) as latest_load_number
    from ranked
    where best_first = 1
),

final as (
    select
        counted.playlist_id,
        counted.day,
        counted.outcome,
        counted.reason,
        counted.entries,
        counted.total,
        counted.snapshot_id,
        contents.snapshot_id as content_snapshot_id,
        contents.content_hash,
        contents.content_load_number,
        contents.entries as content_entries,
        contents.unavailable_entries as content_unavailable_entries,
        cast(counted.usable_number as integer) as usable_number,
        counted.latest_load_number as load_number
    from counted
    {{ join_latest('contents', 'counted', '>=') }}
)

select * from final

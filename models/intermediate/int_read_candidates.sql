-- Reads whose days are to be counted: the new ones of each list that goes on, all of a list that is counted anew. Where
-- a list goes on, its last known content comes along as a row of its own.
with reads as (select * from {{ ref('int_playlist_reads') }}),

read_changes as (select * from {{ ref('int_read_changes') }}),

known_reads as (select * from {{ ref('int_known_reads') }}),

final as (
    select
        reads.playlist_id,
        reads.day,
        reads.run_id,
        reads.outcome,
        reads.reason,
        reads.snapshot_id,
        reads.content_hash,
        reads.content_load_number,
        reads.entries,
        reads.total,
        reads.unavailable_entries,
        reads.observed_at,
        reads.load_number,
        coalesce(known_reads.usable_number, 0) as usable_days_before
    from reads
    inner join read_changes on reads.playlist_id = read_changes.playlist_id
    left join known_reads on reads.playlist_id = known_reads.playlist_id
    where
        read_changes.is_rebuilt
        or reads.load_number > {{ last_load_built(['int_counted_reads']) }}

    union all

    select
        playlist_id,
        day,
        null as run_id,
        'known' as outcome,
        null as reason,
        content_snapshot_id as snapshot_id,
        content_hash,
        content_load_number,
        content_entries as entries,
        null as total,
        content_unavailable_entries as unavailable_entries,
        null as observed_at,
        null as load_number,
        usable_number as usable_days_before
    from known_reads
    where content_hash is not null
)

select * from final

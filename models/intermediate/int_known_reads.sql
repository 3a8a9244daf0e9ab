-- The last counted day of each list that goes on: its last known content, and how many of its days were usable.
{% set counted = state_of('int_counted_reads', {
    'playlist_id': 'varchar', 'day': 'date', 'content_snapshot_id': 'varchar', 'content_hash': 'varchar',
    'content_load_number': 'integer', 'content_entries': 'integer', 'content_unavailable_entries': 'integer',
    'usable_number': 'integer'
}) %}

with counted as (
    select * from {{ counted }} as state
),

read_changes as (select * from {{ ref('int_read_changes') }}),

final as (
    select counted.*
    from read_changes
    inner join counted
        on
            read_changes.playlist_id = counted.playlist_id
            and read_changes.last_counted_day = counted.day
    where not read_changes.is_rebuilt
)

select * from final

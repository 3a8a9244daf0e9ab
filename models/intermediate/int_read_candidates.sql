-- Reads whose days are to be counted: the new ones of each list, after its last counted day; all of a list with a late
-- or corrected day. Where a list goes on, its last known content comes along as a row of its own.
{% set counted = state_of('int_counted_reads', {
    'playlist_id': 'varchar', 'day': 'date', 'content_snapshot_id': 'varchar', 'content_hash': 'varchar',
    'content_load_number': 'integer', 'content_entries': 'integer', 'content_unavailable_entries': 'integer',
    'usable_number': 'integer'
}) %}

with reads as (

    select * from {{ ref('int_playlist_reads') }}

),

counted as (

    select * from {{ counted }} as state

),

last_days as (

    select
        playlist_id,
        max(day) as day
    from counted
    group by playlist_id

),

touched_lists as (

    select
        playlist_id,
        min(day) as first_day
    from reads
    where load_number > {{ last_load_built(['int_counted_reads']) }}
    group by playlist_id

),

lists as (

    select
        touched_lists.playlist_id,
        coalesce(touched_lists.first_day <= last_days.day, true) as is_rebuilt,
        last_days.day as last_day
    from touched_lists
    left join last_days on touched_lists.playlist_id = last_days.playlist_id

),

going_on as (

    select
        lists.is_rebuilt,
        counted.*
    from lists
    inner join counted
        on
            lists.playlist_id = counted.playlist_id
            and lists.last_day = counted.day
    where not lists.is_rebuilt

),

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
        coalesce(going_on.usable_number, 0) as usable_days_before,
        lists.is_rebuilt
    from reads
    inner join lists on reads.playlist_id = lists.playlist_id
    left join going_on on lists.playlist_id = going_on.playlist_id
    where
        lists.is_rebuilt
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
        usable_number as usable_days_before,
        is_rebuilt
    from going_on
    where content_hash is not null

)

select * from final

-- Lists with new reads, and whether their days are counted anew or go on: anew where a new read is for a day that was
-- counted before, or for one before that. Both models of days look back to where the later of them stopped.
{% set counted = state_of('int_counted_reads', {'playlist_id': 'varchar', 'day': 'date'}) %}

with reads as (select * from {{ ref('int_playlist_reads') }}),

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

first_new_days as (
    select
        playlist_id,
        min(day) as day
    from reads
    where load_number > {{ last_load_built(['int_counted_reads', 'int_read_spans']) }}
    group by playlist_id
),

final as (
    select
        first_new_days.playlist_id,
        last_days.day as last_counted_day,
        coalesce(first_new_days.day <= last_days.day, true) as is_rebuilt
    from first_new_days
    left join last_days on first_new_days.playlist_id = last_days.playlist_id
)

select * from final

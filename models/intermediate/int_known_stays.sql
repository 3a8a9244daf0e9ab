-- The last known stay of each track whose stays begin or end in the windows of a list that goes on.
{% set stays = state_of('int_stays', {
    'playlist_id': 'varchar', 'track_id': 'varchar', 'stay_number': 'integer', 'first_seen': 'date',
    'first_usable_number': 'integer', 'claimed_on': 'date', 'last_usable_day_before': 'date',
    'masked_days': 'integer', 'first_absent': 'date'
}) %}

with stays as (
    select * from {{ stays }} as state
),

list_changes as (
    select * from {{ ref('int_list_changes') }}
    where not is_rebuilt
),

parts as (
    select * from {{ ref('int_stay_parts') }}
    where playlist_id in (select list_changes.playlist_id from list_changes)
),

ranked as (
    select
        *,
        row_number() over (partition by playlist_id, track_id order by stay_number desc) as latest_first
    from stays
    where (playlist_id, track_id) in (
        select
            parts.playlist_id,
            parts.track_id
        from parts
    )
),

final as (
    select
        playlist_id,
        track_id,
        stay_number,
        first_seen,
        first_usable_number,
        claimed_on,
        last_usable_day_before,
        masked_days,
        first_absent is null as is_open
    from ranked
    where latest_first = 1
)

select * from final

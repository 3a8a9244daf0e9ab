-- The last known stay of each track, in the lists whose stays go on.
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

),

ranked as (

    select
        stays.*,
        row_number() over (
            partition by stays.playlist_id, stays.track_id
            order by stays.stay_number desc
        ) as latest_first
    from stays
    inner join list_changes on stays.playlist_id = list_changes.playlist_id
    where not list_changes.is_rebuilt

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

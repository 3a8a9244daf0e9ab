-- Stays that begin or end in the windows. A part that begins in a known span goes on with the open stay of its track.
{% set stays = state_of('int_stays', {
    'playlist_id': 'varchar', 'track_id': 'varchar', 'stay_number': 'integer', 'first_seen': 'date',
    'first_usable_number': 'integer', 'claimed_on': 'date', 'last_usable_day_before': 'date',
    'masked_days': 'integer', 'first_absent': 'date'
}) %}

with parts as (

    select * from {{ ref('int_stay_parts') }}

),

presences as (

    select * from {{ ref('int_track_presences') }}

),

windows as (

    select * from {{ ref('int_stay_windows') }}

),

last_windows as (

    select
        playlist_id,
        max(span_number) as span_number
    from windows
    group by playlist_id

),

known_windows as (

    select * from windows
    where is_known

),

known_stays as (

    select * from {{ stays }} as state
    where playlist_id in (select known_windows.playlist_id from known_windows)

),

known_numbers as (

    select
        playlist_id,
        track_id,
        max(stay_number) as stay_number,
        max(case when first_absent is null then stay_number end) as open_stay_number
    from known_stays
    group by playlist_id, track_id

),

begun as (

    select
        parts.*,
        last_parts.last_day,
        last_parts.last_usable_number,
        parts.last_span_number = last_windows.span_number as reaches_the_end,
        coalesce(known_numbers.stay_number, 0) + parts.part_number
        - case when known_numbers.open_stay_number is null then 0 else 1 end as stay_number,
        first_parts.is_known,
        first_parts.first_day as first_seen,
        first_parts.first_usable_number,
        first_parts.last_usable_day_before,
        cast(presences.earliest_claim as date) as claimed_on
    from parts
    inner join presences
        on
            parts.playlist_id = presences.playlist_id
            and parts.track_id = presences.track_id
            and parts.first_span_number = presences.span_number
    inner join windows as first_parts
        on
            parts.playlist_id = first_parts.playlist_id
            and parts.first_span_number = first_parts.span_number
    inner join windows as last_parts
        on
            parts.playlist_id = last_parts.playlist_id
            and parts.last_span_number = last_parts.span_number
    inner join last_windows on parts.playlist_id = last_windows.playlist_id
    left join known_numbers
        on
            parts.playlist_id = known_numbers.playlist_id
            and parts.track_id = known_numbers.track_id

),

joined as (

    select
        begun.playlist_id,
        begun.track_id,
        begun.stay_number,
        case when begun.is_known then known_stays.first_seen else begun.first_seen end as first_seen,
        case when begun.is_known then known_stays.first_usable_number else begun.first_usable_number end
            as first_usable_number,
        case when begun.is_known then known_stays.claimed_on else begun.claimed_on end as claimed_on,
        case when begun.is_known then known_stays.last_usable_day_before else begun.last_usable_day_before end
            as last_usable_day_before,
        case
            when begun.is_known then known_stays.masked_days
            else begun.last_usable_number - begun.first_usable_number + 1 - begun.usable_days_held
        end as masked_days,
        begun.first_absent,
        begun.last_day,
        begun.last_usable_number,
        begun.first_absent is null and begun.reaches_the_end as follows_its_list
    from begun
    left join known_stays
        on
            begun.playlist_id = known_stays.playlist_id
            and begun.track_id = known_stays.track_id
            and begun.stay_number = known_stays.stay_number
    where not (begun.is_known and begun.first_absent is null)

),

final as (

    select
        playlist_id,
        track_id,
        cast(stay_number as integer) as stay_number,
        first_seen,
        first_usable_number,
        claimed_on,
        last_usable_day_before,
        cast(masked_days as integer) as masked_days,
        first_absent,
        case when not follows_its_list then last_day end as last_seen,
        case
            when not follows_its_list then cast(last_usable_number - first_usable_number + 1 - masked_days as integer)
        end as days_seen
    from joined

)

select * from final

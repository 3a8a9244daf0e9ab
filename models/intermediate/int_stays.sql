-- A stay: a longest run of reads in which a track is never absent, from its first present read to its last.
with presences as (

    select * from {{ ref('int_track_presences') }}

),

absences as (

    select * from {{ ref('int_absences') }}

),

spans as (

    select * from {{ ref('int_read_spans') }}

),

numbered as (

    select
        presences.playlist_id,
        presences.track_id,
        presences.read_number,
        presences.earliest_claim,
        absences.first_absent,
        -- the stay's number: one more than the proven absences before this read
        1 + count(absences.first_absent) over (
            partition by presences.playlist_id, presences.track_id
            order by presences.read_number
            rows between unbounded preceding and 1 preceding
        ) as stay_number
    from presences
    left join absences
        on
            presences.playlist_id = absences.playlist_id
            and presences.track_id = absences.track_id
            and presences.read_number = absences.last_held_read_number

),

stays as (

    select
        numbered.playlist_id,
        numbered.track_id,
        numbered.stay_number,
        min(numbered.read_number) as first_read_number,
        max(spans.last_day) as last_seen,
        max(numbered.first_absent) as first_absent,
        sum(spans.days) as days_seen
    from numbered
    inner join spans
        on
            numbered.playlist_id = spans.playlist_id
            and numbered.read_number = spans.read_number
    group by numbered.playlist_id, numbered.track_id, numbered.stay_number

),

final as (

    select
        stays.playlist_id,
        stays.track_id,
        stays.stay_number,
        cast(presences.earliest_claim as date) as claimed_on,
        first_spans.last_usable_day_before,
        first_spans.first_day as first_seen,
        stays.last_seen,
        stays.first_absent,
        stays.days_seen
    from stays
    inner join presences
        on
            stays.playlist_id = presences.playlist_id
            and stays.track_id = presences.track_id
            and stays.first_read_number = presences.read_number
    inner join spans as first_spans
        on
            stays.playlist_id = first_spans.playlist_id
            and stays.first_read_number = first_spans.read_number

)

select * from final

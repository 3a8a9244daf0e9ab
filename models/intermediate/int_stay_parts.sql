-- What the windows hold of each stay: a longest run of spans in which a track is never absent, from its first present
-- span to its last.
with presences as (

    select * from {{ ref('int_track_presences') }}

),

absences as (

    select * from {{ ref('int_absences') }}

),

windows as (

    select * from {{ ref('int_stay_windows') }}

),

numbered as (

    select
        presences.playlist_id,
        presences.track_id,
        presences.span_number,
        absences.first_absent,
        -- one more than the proven absences before this span
        1 + count(absences.first_absent) over (
            partition by presences.playlist_id, presences.track_id
            order by presences.span_number
            rows between unbounded preceding and 1 preceding
        ) as part_number
    from presences
    left join absences
        on
            presences.playlist_id = absences.playlist_id
            and presences.track_id = absences.track_id
            and presences.span_number = absences.last_held_span_number

),

final as (

    select
        numbered.playlist_id,
        numbered.track_id,
        numbered.part_number,
        min(numbered.span_number) as first_span_number,
        max(numbered.span_number) as last_span_number,
        max(numbered.first_absent) as first_absent,
        sum(windows.last_usable_number - windows.first_usable_number + 1) as usable_days_held
    from numbered
    inner join windows
        on
            numbered.playlist_id = windows.playlist_id
            and numbered.span_number = windows.span_number
    group by numbered.playlist_id, numbered.track_id, numbered.part_number

)

select * from final

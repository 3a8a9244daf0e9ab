-- Stretches: spans one after the other that all hold a track, and where the next stretch of the track begins.
with presence_changes as (select * from {{ ref('int_presence_changes') }}),

windows as (select * from {{ ref('int_stay_windows') }}),

paired as (
    select
        *,
        lead(span_number) over by_span - 1 as last_span_number,
        lead(span_number, 2) over by_span as next_span_number
    from presence_changes
    window by_span as (partition by playlist_id, track_id order by span_number)
),

final as (
    select
        paired.playlist_id,
        paired.track_id,
        paired.span_number as first_span_number,
        paired.last_span_number,
        paired.next_span_number,
        paired.earliest_claim,
        first_windows.is_known,
        first_windows.first_day,
        first_windows.first_usable_number,
        first_windows.last_usable_day_before,
        last_windows.last_day,
        last_windows.last_usable_number,
        last_windows.is_last as reaches_the_end
    from paired
    inner join windows as first_windows
        on
            paired.playlist_id = first_windows.playlist_id
            and paired.span_number = first_windows.span_number
    inner join windows as last_windows
        on
            paired.playlist_id = last_windows.playlist_id
            and paired.last_span_number = last_windows.span_number
    where paired.is_held
)

select * from final

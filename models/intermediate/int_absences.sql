-- For each stretch: the first span after it that proves the track absent. Masked spans right after it prove nothing;
-- spans are numbered without holes, so a run of them is a row count.
with stretches as (select * from {{ ref('int_stretches') }}),

masked_spans as (select * from {{ ref('int_masked_spans') }}),

windows as (select * from {{ ref('int_stay_windows') }}),

numbered as (
    select
        *,
        row_number() over (
            partition by playlist_id, track_id, last_held_span_number
            order by span_number
        ) as place
    from masked_spans
),

mask_runs as (
    select
        playlist_id,
        track_id,
        last_held_span_number,
        count(*) as masked_spans
    from numbered
    where span_number = last_held_span_number + place
    group by playlist_id, track_id, last_held_span_number
),

candidates as (
    select
        stretches.playlist_id,
        stretches.track_id,
        stretches.last_span_number as last_held_span_number,
        stretches.next_span_number,
        stretches.last_span_number + 1 + coalesce(mask_runs.masked_spans, 0) as absent_span_number
    from stretches
    left join mask_runs
        on
            stretches.playlist_id = mask_runs.playlist_id
            and stretches.track_id = mask_runs.track_id
            and stretches.last_span_number = mask_runs.last_held_span_number
),

final as (
    select
        candidates.playlist_id,
        candidates.track_id,
        candidates.last_held_span_number,
        windows.first_day as first_absent
    from candidates
    inner join windows
        on
            candidates.playlist_id = windows.playlist_id
            and candidates.absent_span_number = windows.span_number
    where
        candidates.next_span_number is null
        or candidates.absent_span_number < candidates.next_span_number
)

select * from final

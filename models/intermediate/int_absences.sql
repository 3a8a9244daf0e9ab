-- For each presence that is not followed by another in the next read: the first read that proves the track absent.
-- Masked reads right after the presence prove nothing; reads are numbered without holes, so a run of them is a row
-- count.
with presences as (

    select * from {{ ref('int_track_presences') }}

),

masked_reads as (

    select * from {{ ref('int_masked_reads') }}

),

spans as (

    select * from {{ ref('int_read_spans') }}

),

numbered as (

    select
        *,
        row_number() over (
            partition by playlist_id, track_id, last_held_read_number
            order by read_number
        ) as place
    from masked_reads

),

mask_runs as (

    select
        playlist_id,
        track_id,
        last_held_read_number,
        count(*) as masked_reads
    from numbered
    where read_number = last_held_read_number + place
    group by playlist_id, track_id, last_held_read_number

),

candidates as (

    select
        presences.playlist_id,
        presences.track_id,
        presences.read_number as last_held_read_number,
        presences.next_read_number,
        presences.read_number + 1 + coalesce(mask_runs.masked_reads, 0) as absent_read_number
    from presences
    left join mask_runs
        on
            presences.playlist_id = mask_runs.playlist_id
            and presences.track_id = mask_runs.track_id
            and presences.read_number = mask_runs.last_held_read_number
    where
        presences.next_read_number is null
        or presences.next_read_number > presences.read_number + 1

),

final as (

    select
        candidates.playlist_id,
        candidates.track_id,
        candidates.last_held_read_number,
        spans.first_day as first_absent
    from candidates
    inner join spans
        on
            candidates.playlist_id = spans.playlist_id
            and candidates.absent_read_number = spans.read_number
    where
        candidates.next_read_number is null
        or candidates.absent_read_number < candidates.next_read_number

)

select * from final

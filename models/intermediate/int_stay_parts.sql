-- What the windows hold of each stay that begins or ends in them: a longest run of spans in which a track is never
-- absent, from its first present span to its last.
with stretches as (select * from {{ ref('int_stretches') }}),

absences as (select * from {{ ref('int_absences') }}),

followed as (
    select
        stretches.*,
        absences.first_absent
    from stretches
    left join absences
        on
            stretches.playlist_id = absences.playlist_id
            and stretches.track_id = absences.track_id
            and stretches.last_span_number = absences.last_held_span_number
),

numbered as (
    select
        *,
        -- one more than the proven absences before this stretch
        1 + count(first_absent) over (
            partition by playlist_id, track_id
            order by first_span_number
            rows between unbounded preceding and 1 preceding
        ) as part_number
    from followed
),

placed as (
    select
        *,
        row_number() over (partition by playlist_id, track_id, part_number order by first_span_number) as place
    from numbered
),

final as (
    select
        playlist_id,
        track_id,
        part_number,
        max(case when place = 1 and is_known then 1 else 0 end) = 1 as is_known,
        min(first_day) as first_day,
        min(first_usable_number) as first_usable_number,
        min(case when place = 1 then last_usable_day_before end) as last_usable_day_before,
        cast(min(case when place = 1 then earliest_claim end) as date) as claimed_on,
        max(last_day) as last_day,
        max(last_usable_number) as last_usable_number,
        sum(last_usable_number - first_usable_number + 1) as usable_days_held,
        max(first_absent) as first_absent,
        max(case when reaches_the_end then 1 else 0 end) = 1 as reaches_the_end
    from placed
    group by playlist_id, track_id, part_number
    -- a known stay that goes on is written nowhere
    having max(case when place = 1 and is_known then 1 else 0 end) = 0 or max(first_absent) is not null
)

select * from final

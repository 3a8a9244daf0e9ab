{{ config(
    pre_hook="{{ delete_rewound_rows(ref('int_playlists_rewound'), 'playlist_id', 'day') }}",
) }}

-- One row per playlist and day: the read that counts, which is the best and then the latest of the day, and what is
-- known of the playlist after that day: its content, the number of usable days so far, and the usable day before.
with reads as (select * from {{ ref('int_playlist_reads') }}),

rewound as (select * from {{ ref('int_playlists_rewound') }}),

candidates as (
    select reads.*
    from reads
    inner join rewound on reads.playlist_id = rewound.playlist_id
    where
        reads.day >= {{ earliest('rewind_day', ref('int_playlists_rewound')) }}
        and reads.day >= rewound.rewind_day
),

-- Continue from the last day before the rewind day.
{% if is_incremental() -%}
    last_days as (
        select
            days.playlist_id,
            max(days.day) as day
        from {{ this }} as days
        inner join rewound on days.playlist_id = rewound.playlist_id
        where days.day < rewound.rewind_day
        group by days.playlist_id
    ),

    known as (
        select
            days.playlist_id,
            days.content_hash,
            days.content_snapshot_id as snapshot_id,
            days.content_entries as entries,
            days.content_unavailable_entries as unavailable_entries,
            days.usable_days,
            case when days.is_usable then days.day else days.usable_day_before end as usable_day
        from {{ this }} as days
        inner join last_days
            on
                days.playlist_id = last_days.playlist_id
                and days.day = last_days.day
    ),
{%- else -%}
    known as (
        select
            *,
            0 as usable_days,
            day as usable_day
        from candidates
        where false
    ),
{%- endif %}

-- The latest complete read of a day is the content of the playlist from that day on.
content_reads as (
    select
        *,
        outcome = 'complete' and row_number() over (
            partition by playlist_id, day
            order by case when outcome = 'complete' then 1 else 2 end asc, observed_at desc, run_id desc
        ) = 1 as is_content
    from candidates
),

-- Contents are numbered per playlist: 0 is the known one, and all reads of a day have the number of its last content.
numbered as (
    select
        *,
        count(case when is_content then 1 end) over (partition by playlist_id order by day) as content_number
    from content_reads
),

contents as (
    select
        playlist_id,
        content_number,
        content_hash,
        snapshot_id,
        entries,
        unavailable_entries
    from numbered
    where is_content

    union all

    select
        playlist_id,
        0 as content_number,
        content_hash,
        snapshot_id,
        entries,
        unavailable_entries
    from known
),

-- An `unchanged` read counts as partial unless it has the snapshot_id of the last complete read before its day. On a
-- day with a complete read it is compared with that one instead: this can't matter, because the complete read counts.
judged as (
    select
        numbered.*,
        case
            when numbered.outcome <> 'unchanged' or numbered.snapshot_id = contents.snapshot_id then numbered.outcome
            else 'partial'
        end as judged_outcome
    from numbered
    left join contents
        on
            numbered.playlist_id = contents.playlist_id
            and numbered.content_number = contents.content_number
),

ranked as (
    select
        *,
        row_number() over (
            partition by playlist_id, day
            order by
                case judged_outcome
                    when 'complete' then 1
                    when 'unchanged' then 2
                    when 'partial' then 3
                    when 'unavailable' then 4
                    else 5
                end asc,
                observed_at desc,
                run_id desc
        ) as best_rank
    from judged
),

counted as (
    select
        *,
        judged_outcome in ('complete', 'unchanged') as is_usable
    from ranked
    where best_rank = 1
),

-- Only a complete read changes the content, and its day is usable: so the content of the day before is that of the
-- usable day before.
final as (
    select
        counted.playlist_id,
        counted.day,
        counted.judged_outcome as outcome,
        case
            when counted.judged_outcome = counted.outcome then counted.reason
            else 'not the snapshot_id of the last complete read'
        end as reason,
        counted.snapshot_id,
        counted.entries,
        counted.total,
        counted.followers,
        counted.is_usable,
        cast(
            coalesce(known.usable_days, 0) + count(case when counted.is_usable then 1 end) over by_day as integer
        ) as usable_days,
        coalesce(max(case when counted.is_usable then counted.day end) over days_before, known.usable_day)
            as usable_day_before,
        contents.content_hash,
        contents.snapshot_id as content_snapshot_id,
        contents.entries as content_entries,
        contents.unavailable_entries as content_unavailable_entries,
        coalesce(lag(contents.content_hash) over by_day, known.content_hash) as content_hash_before
    from counted
    left join contents
        on
            counted.playlist_id = contents.playlist_id
            and counted.content_number = contents.content_number
    left join known on counted.playlist_id = known.playlist_id
    window
        by_day as (partition by counted.playlist_id order by counted.day),
        days_before as (
            partition by counted.playlist_id order by counted.day
            rows between unbounded preceding and 1 preceding
        )
)

select * from final

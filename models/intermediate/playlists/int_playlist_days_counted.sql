{{ config(
    pre_hook="{{ delete_rewound_rows(ref('int_playlists_rewound'), 'playlist_id', 'day') }}",
) }}

-- One row per playlist and day: the read that counts, and what is known of the playlist after that day: its content,
-- the number of usable days so far, and the usable day before. A usable read counts before others, then a live one
-- before an imported one, then the best, then the latest.
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

-- Continue from the last day before the rewind day, and from the last complete live read before it.
{% if is_incremental() -%}
    last_days as (
        select
            days.playlist_id,
            max(days.day) as day,
            max(case when days.outcome = 'complete' and days.source is null then days.day end) as live_day
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

    known_live as (
        select
            days.playlist_id,
            days.content_hash,
            days.content_snapshot_id as snapshot_id,
            days.content_entries as entries,
            days.content_unavailable_entries as unavailable_entries
        from {{ this }} as days
        inner join last_days
            on
                days.playlist_id = last_days.playlist_id
                and days.day = last_days.live_day
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

    known_live as (select * from known),
{%- endif %}

-- `unchanged` says that the playlist is as in the last complete live read, whatever was imported since. The latest
-- complete live read of a day is the one that later days refer to.
live_reads as (
    select
        *,
        outcome = 'complete' and source is null and row_number() over (
            partition by playlist_id, day
            order by
                case when outcome = 'complete' and source is null then 1 else 2 end asc,
                observed_at desc,
                run_id desc,
                attempt desc
        ) = 1 as is_content
    from candidates
),

-- Contents are numbered per playlist: 0 is the known one, and all reads of a day have the number of its last content.
numbered as (
    select
        *,
        count(case when is_content then 1 end) over (partition by playlist_id order by day) as content_number
    from live_reads
),

live_contents as (
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
    from known_live
),

-- An `unchanged` read counts as partial unless it has the snapshot_id of the last complete live read before its day. On
-- a day with such a read it is compared with that one instead: this can't matter, because the complete read counts.
judged as (
    select
        numbered.*,
        case
            when numbered.outcome <> 'unchanged' then numbered.outcome
            when numbered.source is null and numbered.snapshot_id = contents.snapshot_id then 'unchanged'
            else 'partial'
        end as judged_outcome,
        contents.content_hash as live_content_hash,
        contents.entries as live_entries,
        contents.unavailable_entries as live_unavailable_entries
    from numbered
    left join live_contents as contents
        on
            numbered.playlist_id = contents.playlist_id
            and numbered.content_number = contents.content_number
),

ranked as (
    select
        *,
        judged_outcome in ('complete', 'unchanged') as is_usable,
        max(case when source is null then 1 else 0 end) over (partition by playlist_id, day) = 1 as has_live_read,
        row_number() over (
            partition by playlist_id, day
            order by
                case when judged_outcome in ('complete', 'unchanged') then 1 else 2 end asc,
                case when source is null then 1 else 2 end asc,
                case judged_outcome
                    when 'complete' then 1
                    when 'unchanged' then 2
                    when 'partial' then 3
                    when 'unavailable' then 4
                    else 5
                end asc,
                observed_at desc,
                run_id desc,
                attempt desc
        ) as best_rank
    from judged
),

counted as (
    select
        *,
        count(case when is_usable then 1 end) over (partition by playlist_id order by day) as usable_number
    from ranked
    where best_rank = 1
),

-- A usable day has a content, and so have the days after it up to the next usable one.
contents as (
    select
        playlist_id,
        usable_number,
        case when judged_outcome = 'complete' then content_hash else live_content_hash end as content_hash,
        snapshot_id,
        case when judged_outcome = 'complete' then entries else live_entries end as entries,
        case when judged_outcome = 'complete' then unavailable_entries else live_unavailable_entries end
            as unavailable_entries
    from counted
    where is_usable

    union all

    select
        playlist_id,
        0 as usable_number,
        content_hash,
        snapshot_id,
        entries,
        unavailable_entries
    from known
),

final as (
    select
        counted.playlist_id,
        counted.day,
        counted.source,
        counted.has_live_read,
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
        cast(coalesce(known.usable_days, 0) + counted.usable_number as integer) as usable_days,
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
            and counted.usable_number = contents.usable_number
    left join known on counted.playlist_id = known.playlist_id
    window
        by_day as (partition by counted.playlist_id order by counted.day),
        days_before as (
            partition by counted.playlist_id order by counted.day
            rows between unbounded preceding and 1 preceding
        )
)

select * from final

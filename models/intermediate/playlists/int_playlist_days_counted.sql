{{ config(
    pre_hook="{{ delete_rewound_rows(ref('int_playlists_rewound'), 'playlist_id', 'day') }}",
) }}

-- The one read that counts for a playlist and day, the best and then the latest, and what is known of the playlist from
-- then on: its content, how many of its days were usable so far, and the usable day before.
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

-- what stays: the last day before the rewind day, and the last usable one
{% if is_incremental() -%}
    last_days as (
        select
            days.playlist_id,
            max(days.day) as day,
            max(case when days.is_usable then days.day end) as usable_day
        from {{ this }} as days
        inner join rewound on days.playlist_id = rewound.playlist_id
        where days.day < rewound.rewind_day
        group by days.playlist_id
    ),

    known as (
        select
            last_days.playlist_id,
            last_days.usable_day,
            days.content_hash,
            days.content_snapshot_id,
            days.content_entries,
            days.content_unavailable_entries,
            days.usable_days,
            usable.content_hash as usable_content_hash
        from last_days
        inner join {{ this }} as days
            on
                last_days.playlist_id = days.playlist_id
                and last_days.day = days.day
        left join {{ this }} as usable
            on
                last_days.playlist_id = usable.playlist_id
                and last_days.usable_day = usable.day
    ),
{%- else -%}
    known as (
        select
            playlist_id,
            day as usable_day,
            content_hash,
            snapshot_id as content_snapshot_id,
            entries as content_entries,
            unavailable_entries as content_unavailable_entries,
            cast(0 as integer) as usable_days,
            content_hash as usable_content_hash
        from candidates
        where false
    ),
{%- endif %}

-- what the latest complete read of a day found is the content from then on; contents are numbered, 0 is the known one
ranked_contents as (
    select
        *,
        row_number() over (partition by playlist_id, day order by observed_at desc, run_id desc) as latest_rank
    from candidates
    where outcome = 'complete'
),

content_days as (
    select
        *,
        row_number() over (partition by playlist_id order by day) as content_number
    from ranked_contents
    where latest_rank = 1
),

contents as (
    select
        playlist_id,
        content_number,
        snapshot_id,
        content_hash,
        entries,
        unavailable_entries
    from content_days

    union all

    select
        playlist_id,
        0 as content_number,
        content_snapshot_id as snapshot_id,
        content_hash,
        content_entries as entries,
        content_unavailable_entries as unavailable_entries
    from known
),

numbered as (
    select
        candidates.*,
        max(coalesce(content_days.content_number, 0)) over (
            partition by candidates.playlist_id order by candidates.day
        ) as content_number,
        case when content_days.content_number is null then 0 else 1 end as is_content_day
    from candidates
    left join content_days
        on
            candidates.playlist_id = content_days.playlist_id
            and candidates.day = content_days.day
),

-- `unchanged` is believed only against the last complete read before the day
compared as (
    select
        numbered.*,
        numbered.outcome = 'unchanged'
        and coalesce(numbered.snapshot_id <> contents.snapshot_id, true) as is_disbelieved
    from numbered
    left join contents
        on
            numbered.playlist_id = contents.playlist_id
            and numbered.content_number - numbered.is_content_day = contents.content_number
),

judged as (
    select
        playlist_id,
        day,
        run_id,
        snapshot_id,
        entries,
        total,
        content_number,
        observed_at,
        case when is_disbelieved then 'partial' else outcome end as outcome,
        case when is_disbelieved then 'not the snapshot_id of the last complete read' else reason end as reason
    from compared
),

ranked as (
    select
        *,
        row_number() over (
            partition by playlist_id, day
            order by
                case outcome
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
        ranked.playlist_id,
        ranked.day,
        ranked.outcome,
        ranked.reason,
        ranked.snapshot_id,
        ranked.entries,
        ranked.total,
        ranked.outcome in ('complete', 'unchanged') as is_usable,
        contents.content_hash,
        contents.snapshot_id as content_snapshot_id,
        contents.entries as content_entries,
        contents.unavailable_entries as content_unavailable_entries
    from ranked
    left join contents
        on
            ranked.playlist_id = contents.playlist_id
            and ranked.content_number = contents.content_number
    where ranked.best_rank = 1
),

-- usable days are counted on from the known ones
carried as (
    select
        counted.*,
        coalesce(known.usable_days, 0)
        + sum(case when counted.is_usable then 1 else 0 end) over by_day as usable_days,
        coalesce(
            max(case when counted.is_usable then counted.day end) over (
                partition by counted.playlist_id order by counted.day
                rows between unbounded preceding and 1 preceding
            ),
            known.usable_day
        ) as usable_day_before,
        known.usable_content_hash
    from counted
    left join known on counted.playlist_id = known.playlist_id
    window by_day as (partition by counted.playlist_id order by counted.day)
),

final as (
    select
        carried.playlist_id,
        carried.day,
        carried.outcome,
        carried.reason,
        carried.snapshot_id,
        carried.entries,
        carried.total,
        carried.is_usable,
        cast(carried.usable_days as integer) as usable_days,
        carried.usable_day_before,
        carried.content_hash,
        carried.content_snapshot_id,
        carried.content_entries,
        carried.content_unavailable_entries,
        case
            when before.playlist_id is null then carried.usable_content_hash
            else before.content_hash
        end as content_hash_before
    from carried
    left join carried as before
        on
            carried.playlist_id = before.playlist_id
            and carried.usable_day_before = before.day
)

select * from final

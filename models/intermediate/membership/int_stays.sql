{{ config(
    unique_key=['playlist_id', 'track_id'],
    pre_hook="{{ delete_rewound_rows(ref('int_playlists_rewound'), 'playlist_id', 'first_seen') }}",
) }}

-- Stays: what a track's changes in a playlist, in order, amount to. It came, it went: a stretch. Where a null entry may
-- hide the track as it goes, the end moves behind the null entry, and falls away if the track is back by then: what is
-- left between proven absences is one stay. All stays of a pair with a change on or after the rewind day are worked out
-- again; an open stay reaches as far as its playlist is read, so nothing is written for it on a day without changes.
with changes as (select * from {{ ref('int_membership_changes') }}),

days as (select * from {{ ref('int_playlist_days_counted') }}),

rewound as (select * from {{ ref('int_playlists_rewound') }}),

versions as (select * from {{ ref('int_playlist_versions') }}),

-- a null entry may hide a track that went before the rewind day only if it still stands on the last usable day before
last_usable_days as (
    select
        days.playlist_id,
        max(days.day) as day
    from days
    inner join rewound on days.playlist_id = rewound.playlist_id
    where
        days.is_usable
        and days.day < rewound.rewind_day
    group by days.playlist_id
),

masking_playlists as (
    select distinct days.playlist_id
    from days
    inner join rewound on days.playlist_id = rewound.playlist_id
    left join last_usable_days on days.playlist_id = last_usable_days.playlist_id
    where
        days.is_usable
        and days.content_unavailable_entries > 0
        and days.day >= coalesce(last_usable_days.day, rewound.rewind_day)
),

touched as (
    select
        changes.playlist_id,
        changes.track_id
    from changes
    inner join rewound on changes.playlist_id = rewound.playlist_id
    where
        changes.day >= {{ earliest('rewind_day', ref('int_playlists_rewound')) }}
        and changes.day >= rewound.rewind_day

    union

    select
        changes.playlist_id,
        changes.track_id
    from changes
    inner join masking_playlists on changes.playlist_id = masking_playlists.playlist_id

    {% if is_incremental() -%}
        union

        -- a change that this stay was made from may be no more
        select
            stays.playlist_id,
            stays.track_id
        from {{ this }} as stays
        inner join rewound on stays.playlist_id = rewound.playlist_id
        where stays.last_change_day >= rewound.rewind_day
    {%- endif %}
),

paired as (
    select
        changes.*,
        lead(changes.day) over by_day as gone_day,
        lead(changes.usable_days) over by_day as gone_number,
        lead(changes.usable_day_before) over by_day as last_held,
        lead(changes.usable_days, 2) over by_day as back_number
    from changes
    inner join touched
        on
            changes.playlist_id = touched.playlist_id
            and changes.track_id = touched.track_id
    window by_day as (partition by changes.playlist_id, changes.track_id order by changes.day)
),

stretches as (
    select * from paired
    where is_added
),

-- Where null entries stand, on which usable day by its number. They are rare: only their playlists pay for what
-- follows.
null_entries as (
    select
        days.playlist_id,
        days.usable_days as day_number,
        {{ unnested({'added_at': 'versions.unavailable_added_ats'}) }}
    from days
    inner join versions
        on
            days.playlist_id = versions.playlist_id
            and days.content_hash = versions.content_hash
    where
        days.is_usable
        and days.content_unavailable_entries > 0
        and days.playlist_id in (select touched.playlist_id from touched)
),

-- what the tracks of such playlists claimed where they were held last: any of a track's entries may be the null one now
last_held_days as (
    select distinct
        playlist_id,
        last_held as day
    from stretches
    where
        last_held is not null
        and playlist_id in (select null_entries.playlist_id from null_entries)
),

last_entries as (
    select
        days.playlist_id,
        days.day,
        {{ unnested({'track_id': 'versions.track_ids', 'added_at': 'versions.added_ats'}) }}
    from last_held_days
    inner join days
        on
            last_held_days.playlist_id = days.playlist_id
            and last_held_days.day = days.day
    inner join versions
        on
            days.playlist_id = versions.playlist_id
            and days.content_hash = versions.content_hash
),

masked_days as (
    select distinct
        stretches.playlist_id,
        stretches.track_id,
        stretches.day,
        stretches.gone_number,
        null_entries.day_number
    from stretches
    inner join last_entries
        on
            stretches.playlist_id = last_entries.playlist_id
            and stretches.track_id = last_entries.track_id
            and stretches.last_held = last_entries.day
    inner join null_entries
        on
            last_entries.playlist_id = null_entries.playlist_id
            and last_entries.added_at is not distinct from null_entries.added_at
    where
        null_entries.day_number >= stretches.gone_number
        and (stretches.back_number is null or null_entries.day_number < stretches.back_number)
),

numbered_masked_days as (
    select
        *,
        row_number() over (partition by playlist_id, track_id, day order by day_number) as mask_number
    from masked_days
),

-- masked from the day it went on, without a break
masks as (
    select
        playlist_id,
        track_id,
        day,
        count(*) as masked_days
    from numbered_masked_days
    where day_number = gone_number + mask_number - 1
    group by playlist_id, track_id, day
),

-- an end that is masked moves behind the mask, and falls away if the track is back by then
ended as (
    select
        stretches.*,
        stretches.gone_number + coalesce(masks.masked_days, 0) as absent_number
    from stretches
    left join masks
        on
            stretches.playlist_id = masks.playlist_id
            and stretches.track_id = masks.track_id
            and stretches.day = masks.day
),

judged as (
    select
        *,
        case when back_number is null or absent_number < back_number then absent_number end as proof_number
    from ended
),

-- what is left is proven by the usable day there, once it has come
usable_days as (
    select
        playlist_id,
        day,
        usable_days as day_number
    from days
    where is_usable
),

proven as (
    select
        judged.*,
        usable_days.day as first_absent
    from judged
    left join usable_days
        on
            judged.playlist_id = usable_days.playlist_id
            and judged.proof_number = usable_days.day_number
),

numbered as (
    select
        *,
        1 + count(first_absent) over (
            partition by playlist_id, track_id
            order by day
            rows between unbounded preceding and 1 preceding
        ) as stay_number
    from proven
),

placed as (
    select
        *,
        row_number() over (partition by playlist_id, track_id, stay_number order by day) as stretch_number
    from numbered
),

-- last_held and days_held: of a stay whose track is there today, null and less the usable days so far
final as (
    select
        playlist_id,
        track_id,
        cast(stay_number as integer) as stay_number,
        min(day) as first_seen,
        cast(min(case when stretch_number = 1 then added_at end) as date) as claimed_on,
        min(case when stretch_number = 1 then usable_day_before end) as usable_day_before,
        max(first_absent) as first_absent,
        case when max(case when gone_day is null then 1 else 0 end) = 0 then max(last_held) end as last_held,
        cast(sum(coalesce(gone_number, 1) - usable_days) as integer) as days_held,
        max(coalesce(gone_day, day)) as last_change_day,
        cast({{ up_to_load() }} as integer) as load_number
    from placed
    group by playlist_id, track_id, stay_number
)

select * from final

{{ config(
    unique_key=['playlist_id', 'track_id'],
    pre_hook="{{ delete_rewound_rows(ref('int_playlists_rewound'), 'playlist_id', 'first_seen') }}",
) }}

-- A stretch goes from the day a track was added to the day it was removed. If a null entry may hide the track that day,
-- the end moves to the first usable day without such an entry, and is dropped if the track is back by then. A stay is
-- one or more stretches, up to an end that is proven. An open stay needs no update on a day without changes.
with changes as {{ not_materialized() }} (select * from {{ ref('int_membership_changes') }}),

days as {{ not_materialized() }} (select * from {{ ref('int_playlist_days_counted') }}),

rewound as (select * from {{ ref('int_playlists_rewound') }}),

versions as {{ not_materialized() }} (select * from {{ ref('int_playlist_versions') }}),

-- Recompute all stays of a playlist and track if the rewound days have, or had, a change or the end of a mask.
touched as (
    select distinct
        changes.playlist_id,
        changes.track_id
    from changes
    inner join rewound on changes.playlist_id = rewound.playlist_id
    where
        changes.day >= {{ earliest('rewind_day', ref('int_playlists_rewound')) }}
        and changes.day >= rewound.rewind_day

    {% if is_incremental() -%}
        union

        select
            stays.playlist_id,
            stays.track_id
        from {{ this }} as stays
        inner join rewound on stays.playlist_id = rewound.playlist_id
        where
            stays.last_change_day >= rewound.rewind_day
            or stays.first_absent >= rewound.rewind_day
            or (stays.first_absent is null and stays.last_held is not null)
    {%- endif %}
),

paired as (
    select
        changes.*,
        lead(changes.day) over by_day as gone_day,
        lead(changes.usable_days) over by_day as gone_number,
        lead(changes.position) over by_day as gone_position,
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

-- Claims of null entries, by the number of the usable day. Few playlists have any; the others skip to `ended`.
null_claims as (
    select
        days.playlist_id,
        days.usable_days as number,
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

-- Claims of tracks on the last day before they were removed. Any entry of the track may be a null entry now.
last_held_contents as (
    select distinct
        days.playlist_id,
        days.day,
        days.content_hash
    from stretches
    inner join days
        on
            stretches.playlist_id = days.playlist_id
            and stretches.last_held = days.day
    where stretches.playlist_id in (select null_claims.playlist_id from null_claims)
),

last_entries as (
    select
        last_held_contents.playlist_id,
        last_held_contents.day,
        {{ unnested({'track_id': 'versions.track_ids', 'added_at': 'versions.added_ats'}) }}
    from last_held_contents
    inner join versions
        on
            last_held_contents.playlist_id = versions.playlist_id
            and last_held_contents.content_hash = versions.content_hash
    where versions.playlist_id in (select null_claims.playlist_id from null_claims)
),

masked_days as (
    select
        stretches.playlist_id,
        stretches.track_id,
        stretches.day,
        stretches.gone_number,
        null_claims.number,
        row_number() over by_day as mask_number
    from stretches
    inner join last_entries
        on
            stretches.playlist_id = last_entries.playlist_id
            and stretches.track_id = last_entries.track_id
            and stretches.last_held = last_entries.day
    inner join null_claims
        on
            last_entries.playlist_id = null_claims.playlist_id
            and last_entries.added_at is not distinct from null_claims.added_at
    where null_claims.number >= stretches.gone_number
    group by stretches.playlist_id, stretches.track_id, stretches.day, stretches.gone_number, null_claims.number
    window by_day as (partition by stretches.playlist_id, stretches.track_id, stretches.day order by null_claims.number)
),

-- A mask is the usable days from the removal on, without a gap, on which the track is masked. The end moves behind it.
masks as (
    select
        playlist_id,
        track_id,
        day,
        max(number) + 1 as absent_number
    from masked_days
    where number = gone_number + mask_number - 1
    group by playlist_id, track_id, day
),

-- A masked end is proven by the usable day after the mask, once it exists, unless the track is back by then.
ended as (
    select
        stretches.*,
        case
            when masks.absent_number is null then stretches.gone_day
            when stretches.back_number is null or masks.absent_number < stretches.back_number then days.day
        end as first_absent
    from stretches
    left join masks
        on
            stretches.playlist_id = masks.playlist_id
            and stretches.track_id = masks.track_id
            and stretches.day = masks.day
    left join days
        on
            masks.playlist_id = days.playlist_id
            and masks.absent_number = days.usable_days
            and days.is_usable
),

-- A stretch begins a stay if it is the first one or follows a proven end.
numbered as (
    select
        *,
        1 + count(first_absent) over earlier as stay_number,
        lag(first_absent, 1, day) over (partition by playlist_id, track_id order by day) is not null as begins_stay
    from ended
    window earlier as (partition by playlist_id, track_id order by day rows between unbounded preceding and 1 preceding)
),

-- While the track is in the playlist, last_held and last_position are null: readers add the usable days so far to
-- days_held.
final as (
    select
        playlist_id,
        track_id,
        cast(stay_number as integer) as stay_number,
        min(day) as first_seen,
        cast(min(case when begins_stay then added_at end) as date) as claimed_on,
        min(case when begins_stay then usable_day_before end) as usable_day_before,
        max(first_absent) as first_absent,
        case when count(gone_day) = count(*) then max(last_held) end as last_held,
        cast(sum(coalesce(gone_number, 1) - usable_days) as integer) as days_held,
        min(case when begins_stay then position end) as entry_position,
        case when count(gone_day) = count(*) then {{ value_of_greatest('gone_position', ['day']) }} end
            as last_position,
        max(coalesce(gone_day, day)) as last_change_day,
        cast({{ up_to_load() }} as integer) as load_number
    from numbered
    group by playlist_id, track_id, stay_number
)

select * from final

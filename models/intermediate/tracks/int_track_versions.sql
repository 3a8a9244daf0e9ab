{{ config(unique_key='track_id') }}

-- Days on which the description of a track differs from the description before. Most new days have no difference. A
-- track with one is rewound to the first such day: earlier versions are kept, later ones are recomputed. A blank
-- description counts until there is another; an imported one only for a track that no live answer describes.
with track_days as {{ not_materialized() }} (
    select
        track_id,
        day,
        description_hash,
        {{ description_rank('description_weight') }} as description_rank,
        description_weight < 0 as is_imported,
        load_number
    from {{ ref('int_track_days') }}
    where description_hash is not null
),

new_days as (
    select * from track_days
    where {{ is_new_fact() }}
),

{% if is_incremental() -%}
    known as (
        select * from {{ this }}
        where track_id in (select new_days.track_id from new_days)
    ),
{%- else -%}
    known as (
        select
            track_id,
            day,
            description_hash,
            description_rank,
            is_imported,
            load_number
        from new_days
        where false
    ),
{%- endif %}

-- Find the version that is valid on each new day: the last known one up to that day.
versions_and_days as (
    select
        track_id,
        day,
        description_hash,
        description_rank,
        is_imported,
        1 as is_version
    from known

    union all

    select
        track_id,
        day,
        description_hash,
        description_rank,
        is_imported,
        0 as is_version
    from new_days
),

described as (
    select
        *,
        max(description_rank) over (partition by track_id) = 3 as is_described_live
    from versions_and_days
),

numbered as (
    select
        *,
        sum(is_version) over (
            partition by track_id order by day asc, is_version desc rows unbounded preceding
        ) as version_number
    from described
    where is_version = 1 or not (is_imported and is_described_live)
),

compared as (
    select
        *,
        max(case when is_version = 1 then description_hash end) over (
            partition by track_id, version_number
        ) as standing_hash,
        max(case when is_version = 1 then description_rank end) over (
            partition by track_id, version_number
        ) as standing_rank
    from numbered
),

-- The first live description of a track takes the place of all imported ones.
rewound as (
    select
        track_id,
        is_described_live,
        min(day) as rewind_day
    from compared
    where
        (
            is_version = 0
            and description_hash is distinct from standing_hash
            and description_rank >= coalesce(standing_rank, 0)
        )
        or (is_version = 1 and is_imported and is_described_live)
    group by track_id, is_described_live
),

days_from_then_on as (
    select
        track_days.track_id,
        track_days.day,
        track_days.description_hash,
        track_days.description_rank,
        track_days.is_imported
    from track_days
    inner join rewound on track_days.track_id = rewound.track_id
    where
        track_days.day >= (select min(earliest.rewind_day) from rewound as earliest)
        and track_days.day >= rewound.rewind_day
        and not (track_days.is_imported and rewound.is_described_live)

    union all

    select
        known.track_id,
        known.day,
        known.description_hash,
        known.description_rank,
        known.is_imported
    from known
    inner join rewound on known.track_id = rewound.track_id
    where known.day < rewound.rewind_day
),

weighed as (
    select
        *,
        max(description_rank) over (
            partition by track_id order by day rows unbounded preceding
        ) as greatest_rank
    from days_from_then_on
),

in_order as (
    select
        *,
        lag(description_hash) over (partition by track_id order by day) as description_hash_before
    from weighed
    where description_rank = greatest_rank
),

final as (
    select
        track_id,
        day,
        description_hash,
        description_rank,
        is_imported,
        cast({{ up_to_load() }} as integer) as load_number
    from in_order
    where description_hash is distinct from description_hash_before
)

select * from final

{{ config(unique_key='track_id') }}

-- Days on which the description of a track differs from the description before. Most new days have no difference. A
-- track with one is rewound to the first such day: earlier versions are kept, later ones are recomputed.
with track_days as {{ not_materialized() }} (
    select * from {{ ref('int_track_days') }}
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
            description_weight,
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
        description_weight,
        1 as is_version
    from known

    union all

    select
        track_id,
        day,
        description_hash,
        description_weight,
        0 as is_version
    from new_days
),

numbered as (
    select
        *,
        sum(is_version) over (
            partition by track_id order by day asc, is_version desc rows unbounded preceding
        ) as version_number
    from versions_and_days
),

compared as (
    select
        *,
        max(case when is_version = 1 then description_hash end) over (
            partition by track_id, version_number
        ) as standing_hash,
        max(case when is_version = 1 then description_weight end) over (
            partition by track_id, version_number
        ) as standing_weight
    from numbered
),

rewound as (
    select
        track_id,
        min(day) as rewind_day
    from compared
    where
        is_version = 0
        and description_hash is distinct from standing_hash
        and description_weight >= coalesce(standing_weight, 0)
    group by track_id
),

days_from_then_on as (
    select
        track_days.track_id,
        track_days.day,
        track_days.description_hash,
        track_days.description_weight
    from track_days
    inner join rewound on track_days.track_id = rewound.track_id
    where
        track_days.day >= (select min(earliest.rewind_day) from rewound as earliest)
        and track_days.day >= rewound.rewind_day

    union all

    select
        known.track_id,
        known.day,
        known.description_hash,
        known.description_weight
    from known
    inner join rewound on known.track_id = rewound.track_id
    where known.day < rewound.rewind_day
),

weighed as (
    select
        *,
        max(description_weight) over (
            partition by track_id order by day rows unbounded preceding
        ) as greatest_weight
    from days_from_then_on
),

in_order as (
    select
        *,
        lag(description_hash) over (partition by track_id order by day) as description_hash_before
    from weighed
    where description_weight = greatest_weight
),

final as (
    select
        track_id,
        day,
        description_hash,
        description_weight,
        cast({{ up_to_load() }} as integer) as load_number
    from in_order
    where description_hash is distinct from description_hash_before
)

select * from final

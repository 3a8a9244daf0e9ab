{{ config(
    incremental_strategy='append',
    pre_hook="{{ forget_rebuilt(ref('int_touched_tracks'), 'track_id') }}",
    post_hook='{{ remember_build() }}',
) }}
{{ refuse_partial_refresh(ref('int_touched_tracks'), ref('int_track_readings'), 'track_id') }}

{% set versions = state_of('int_track_versions', {
    'track_id': 'varchar', 'day': 'date', 'description_hash': 'varchar'
}) %}

-- Days on which a track's description, the last one of the day, was not that of the last day it was seen.
with descriptions as (select * from {{ ref('int_day_descriptions') }}),

touched_tracks as (select * from {{ ref('int_touched_tracks') }}),

versions as (
    select * from {{ versions }} as state
),

known_versions as (
    select
        versions.*,
        row_number() over (partition by versions.track_id order by versions.day desc) as latest_first
    from versions
    inner join touched_tracks on versions.track_id = touched_tracks.track_id
    where not touched_tracks.is_rebuilt
),

compared as (
    select
        descriptions.track_id,
        descriptions.day,
        descriptions.description_hash,
        max(descriptions.load_number) over (partition by descriptions.track_id) as load_number,
        coalesce(
            lag(descriptions.description_hash) over (partition by descriptions.track_id order by descriptions.day),
            known_versions.description_hash
        ) as description_hash_before
    from descriptions
    left join known_versions
        on
            descriptions.track_id = known_versions.track_id
            and known_versions.latest_first = 1
),

final as (
    select
        track_id,
        day,
        description_hash,
        load_number
    from compared
    where description_hash_before is null or description_hash <> description_hash_before
)

select * from final

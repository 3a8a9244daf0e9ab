{{ config(unique_key='day') }}
{%- set popularity_keys = ['popularity_weight', 'observed_at', 'popularity'] %}
{%- set description_keys = [description_rank('description_weight'), 'observed_at', 'description_hash'] %}

-- Fact: all sightings of a track on a day, merged into one row: its popularity, its description, and whether a run
-- follows it. The latest answer counts, except that a popularity of 0 in a playlist and a blank description count only
-- if there is no other. What is imported has a negative weight: its popularity counts only if there is no live one, its
-- description if there is none or a blank one. This is a maximum, so merging is idempotent and independent of order.
-- Days with new sightings are replaced.
with entries as (select * from {{ ref('int_playlist_entries_unpacked') }}),

answers as (select * from {{ ref('int_track_answers_unpacked') }}),

runs as (select * from {{ ref('int_runs') }}),

sightings as (
    select
        entries.track_id,
        entries.day,
        entries.popularity,
        case when entries.popularity = 0 then 0 else 1 end + case when runs.kind = 'import' then -2 else 0 end
            as popularity_weight,
        entries.description_hash,
        case when entries.is_blank then 0 else 1 end + case when runs.kind = 'import' then -2 else 0 end
            as description_weight,
        entries.observed_at,
        coalesce(runs.discovers_tracks, false) as is_followed,
        coalesce(runs.kind = 'import', false) as is_imported,
        entries.load_number
    from entries
    left join runs on entries.run_id = runs.run_id
    where
        entries.track_id is not null
        and {{ is_new_answer('entries.load_number') }}

    union all

    select
        track_id,
        day,
        popularity,
        1 as popularity_weight,
        description_hash,
        case when is_blank then 0 else 1 end as description_weight,
        observed_at,
        true as is_followed,
        false as is_imported,
        load_number
    from answers
),

{% if is_incremental() -%}
    -- An existing row is merged as two sightings: one with its popularity, one with its description.
    standing_rows as (
        select * from {{ this }}
        where day in (select sightings.day from sightings)
    ),

    all_sightings as (
        select * from sightings

        union all

        select
            track_id,
            day,
            popularity,
            popularity_weight,
            null as description_hash,
            null as description_weight,
            popularity_observed_at as observed_at,
            is_followed,
            is_imported,
            load_number
        from standing_rows

        union all

        select
            track_id,
            day,
            null as popularity,
            null as popularity_weight,
            description_hash,
            description_weight,
            description_observed_at as observed_at,
            is_followed,
            is_imported,
            load_number
        from standing_rows
    ),
{%- else -%}
    all_sightings as (
        select * from sightings
    ),
{%- endif %}

final as (
    select
        track_id,
        day,
        {{ value_of_greatest('popularity', popularity_keys) }} as popularity,
        {{ value_of_greatest('popularity_weight', popularity_keys) }} as popularity_weight,
        {{ value_of_greatest('observed_at', popularity_keys) }} as popularity_observed_at,
        {{ value_of_greatest('description_hash', description_keys) }} as description_hash,
        {{ value_of_greatest('description_weight', description_keys) }} as description_weight,
        {{ value_of_greatest('observed_at', description_keys) }} as description_observed_at,
        max(case when is_followed then 1 else 0 end) = 1 as is_followed,
        max(case when is_imported then 1 else 0 end) = 1 as is_imported,
        max(load_number) as load_number
    from all_sightings
    group by track_id, day
)

select * from final

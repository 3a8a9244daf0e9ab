{{ config(
    post_hook='{{ remember_build() }}',
) }}

-- Each version of a track's description once, however often it was seen; popularity is no part of it.
with entries as (select * from {{ ref('stg_spotify__playlist_entries') }}),

new_entries as (select * from {{ ref('int_new_entries') }}),  -- noqa: ST03

tracks as (select * from {{ ref('stg_spotify__tracks') }}),

seen as (
    {% if is_incremental() %}
        select
            new_description as description,
            load_number
        from new_entries
        where new_description is not null
    {% else %}
        select
            description,
            load_number
        from entries
        where kind = 'track'
    {% endif %}

    union all

    select
        description,
        load_number
    from tracks
),

distinct_descriptions as (
    select
        description,
        min(load_number) as load_number
    from seen
    where load_number > {{ last_load_built() }}
    group by description
),

final as (
    select
        {{ json_hash('description') }} as description_hash,
        description,
        load_number
    from distinct_descriptions
    {% if is_incremental() %}
        where {{ json_hash('description') }} not in (select known.description_hash from {{ this }} as known)
    {% endif %}
)

select * from final

{{ config(
    materialized='incremental',
    incremental_strategy='append',
    post_hook='{{ remember_build() }}',
) }}

with entries as (

    select * from {{ ref('stg_spotify__playlist_entries') }}

),

final as (

    select
        playlist_id,
        day,
        run_id,
        attempt,
        position,
        kind,
        case when kind = 'track' then spotify_id end as track_id,
        added_at,
        popularity,
        case when kind = 'track' then md5(description) end as description_hash,
        observed_at,
        load_number
    from entries
    where load_number > {{ last_load_built() }}

)

select * from final

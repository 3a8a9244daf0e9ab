{{ config(
    materialized='incremental',
    incremental_strategy='append',
    post_hook='{{ remember_build() }}',
) }}

-- What each answer says about the list itself.
with playlists as (

    select * from {{ ref('stg_spotify__playlists') }}

),

final as (

    select * from playlists
    {% if is_incremental() %}
        where load_number > {{ last_load_built() }}
    {% endif %}

)

select * from final

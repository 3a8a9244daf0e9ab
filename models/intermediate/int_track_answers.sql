{{ config(
    post_hook='{{ remember_build() }}',
) }}

with tracks as (select * from {{ ref('stg_spotify__tracks') }}),

final as (
    select
        track_id,
        day,
        run_id,
        popularity,
        {{ json_hash('description') }} as description_hash,
        observed_at,
        load_number
    from tracks
    where load_number > {{ last_load_built() }}
)

select * from final

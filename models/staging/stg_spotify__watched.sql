with source as (select * from {{ source('raw', 'watched') }}),

final as (
    select
        watched,
        kind,
        id as spotify_id,
        nullif(label, '') as label
    from source
)

select * from final

with source as (select * from {{ source('raw', 'tracks') }}),

answered as (
    {{ answered_objects('source') }}
),

final as (
    select
        asked_id as track_id,
        day,
        run_id,
        {{ cast_or_null(json_text('element', ['popularity']), 'integer') }} as popularity,
        {{ json_without('element', 'popularity') }} as description,
        observed_at,
        load_number
    from answered
)

select * from final

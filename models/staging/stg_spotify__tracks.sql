-- The key is the requested id: the answer for a relinked track has another one. Ids unknown to Spotify have no object.
with answered_objects as (select * from {{ source('raw', 'answered_objects') }}),

final as (
    select
        asked_id as track_id,
        day,
        run_id,
        line,
        {{ popularity_or_null(json_text('object', ['popularity'])) }} as popularity,
        {{ description_hash('object') }} as description_hash,
        {{ is_blank(json_text('object', ['name']), json_text('object', ['duration_ms'])) }} as is_blank,
        object,
        observed_at,
        load_number
    from answered_objects
    where
        endpoint = 'tracks'
        and object is not null
)

select * from final

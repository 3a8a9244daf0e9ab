-- New answers to requests for tracks by id, parsed once, with the hash of the description.
with tracks as (select * from {{ ref('stg_spotify__tracks') }}),

final as (
    select
        track_id,
        day,
        run_id,
        line,
        popularity,
        description_hash,
        is_blank,
        observed_at,
        load_number
    from tracks
    where {{ is_new_answer() }}
)

select * from final

{{ config(materialized='view') }}

-- An album is described by the description of a track that changed last.
with described as (select * from {{ ref('int_tracks_described') }}),

ranked as (
    select
        *,
        row_number() over (partition by album_id order by day desc, track_id desc) as latest_rank
    from described
    where album_id is not null
),

final as (
    select
        album_id,
        album_name,
        album_type,
        total_tracks,
        release_date,
        release_date_precision,
        image_url
    from ranked
    where latest_rank = 1
)

select * from final

{{ config(materialized='view') }}

-- An album is described by the description of a track that changed last.
with described as (select * from {{ ref('int_tracks_described') }}),

track_info_history as (
    select * from {{ ref('track_info_history') }}
    where valid_to is null
),

ranked as (
    select
        described.*,
        row_number() over (
            partition by described.album_id order by track_info_history.valid_from desc, described.track_id desc
        ) as latest_rank
    from described
    inner join track_info_history on described.track_id = track_info_history.track_id
    where described.album_id is not null
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

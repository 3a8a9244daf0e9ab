{{ config(materialized='view') }}

with described as (select * from {{ ref('int_tracks_described') }}),

artists as (
    select
        track_id,
        {{ unnested({'artist_id': 'artist_ids', 'artist_name': 'artist_names'}, ordinal='artist_position') }}
    from described
),

final as (
    select
        track_id,
        cast(artist_position as integer) as artist_position,
        artist_id,
        artist_name
    from artists
)

select * from final

{{ config(materialized='view') }}

-- An artist's name is the one in the description that changed last.
with described as (select * from {{ ref('int_tracks_described') }}),

artists as (
    select
        track_id,
        day,
        {{ unnested({'artist_id': 'artist_ids', 'artist_name': 'artist_names'}) }}
    from described
),

final as (
    select
        artist_id,
        {{ value_of_greatest('artist_name', ['day', 'track_id']) }} as artist_name,
        cast(count(distinct track_id) as integer) as tracks
    from artists
    where artist_id is not null
    group by artist_id
)

select * from final

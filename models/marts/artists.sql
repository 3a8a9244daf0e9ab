{{ config(materialized='view') }}

-- An artist's name is the one in the description that changed last.
with described as (select * from {{ ref('int_tracks_described') }}),

track_info_history as (
    select * from {{ ref('track_info_history') }}
    where valid_to is null
),

artists as (
    select
        track_id,
        {{ unnested({'artist_id': 'artist_ids', 'artist_name': 'artist_names'}) }}
    from described
),

final as (
    select
        artists.artist_id,
        {{ value_of_greatest('artists.artist_name', ['track_info_history.valid_from', 'artists.track_id']) }}
            as artist_name,
        cast(count(distinct artists.track_id) as integer) as tracks
    from artists
    inner join track_info_history on artists.track_id = track_info_history.track_id
    where artists.artist_id is not null
    group by artists.artist_id
)

select * from final

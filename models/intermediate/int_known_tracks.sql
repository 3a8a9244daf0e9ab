-- Tracks that are followed: asked for themselves, watched, or found in a watched list by a run that discovers tracks.
with followed_tracks as (select * from {{ ref('int_followed_tracks') }}),

watched as (select * from {{ ref('stg_spotify__watched') }}),

final as (
    select track_id from followed_tracks

    union

    select spotify_id as track_id
    from watched
    where kind = 'track'
)

select * from final

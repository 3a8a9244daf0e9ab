{{ config(materialized='view') }}

-- Every sight of a track, in a list or asked for itself: its popularity, and which version of its description came.
with entries as (

    select * from {{ ref('int_playlist_entries') }}

),

answers as (

    select * from {{ ref('int_track_answers') }}

),

final as (

    select
        track_id,
        day,
        run_id,
        'playlists' as endpoint,
        popularity,
        description_hash,
        observed_at,
        load_number
    from entries
    where kind = 'track'

    union all

    select
        track_id,
        day,
        run_id,
        'tracks' as endpoint,
        popularity,
        description_hash,
        observed_at,
        load_number
    from answers

)

select * from final

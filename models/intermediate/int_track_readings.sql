{{ config(materialized='view') }}

-- Every sight of a track, in a list or asked for itself: its popularity, and which version of its description came.
with list_readings as (select * from {{ ref('int_playlist_readings') }}),

answers as (select * from {{ ref('int_track_answers') }}),

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
    from list_readings

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

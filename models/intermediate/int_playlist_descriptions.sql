{{ config(
    post_hook='{{ remember_build() }}',
) }}

-- What each answer says about the list itself.
with playlists as (select * from {{ ref('stg_spotify__playlists') }}),

final as (
    select
        playlist_id,
        day,
        name,
        owner_kind,
        observed_at,
        load_number
    from playlists
    where load_number > {{ last_load_built() }}
)

select * from final

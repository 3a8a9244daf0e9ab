{{ config(materialized='view') }}

with stays as (select * from {{ ref('tracks_in_playlist') }}),

final as (
    select
        playlist_id,
        track_id,
        added_at,
        last_seen,
        first_seen,
        is_current
    from stays
)

select * from final

-- Entries of what has been loaded since the models that read them were last built, unpacked once for all of them.
{% set readers = ['int_playlist_reads', 'int_playlist_contents', 'int_playlist_readings'] %}

with entries as (select * from {{ ref('stg_spotify__playlist_entries') }}),

final as (
    select
        playlist_id,
        day,
        run_id,
        attempt,
        position,
        kind,
        spotify_id,
        item_key,
        added_at,
        popularity,
        case when kind = 'track' then {{ json_hash('description') }} end as description_hash,
        observed_at,
        load_number
    from entries
    where load_number >= {{ first_load_to_unpack(readers) }}
)

select * from final

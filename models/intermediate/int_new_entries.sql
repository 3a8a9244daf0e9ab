-- Entries of what has been loaded since the models that read them were last built, unpacked once for all of them. The
-- text of a description only where it is a new one, and not for a first build: that would be the text of all history.
{% set readers = [
    'int_playlist_reads', 'int_playlist_contents', 'int_playlist_readings', 'int_track_descriptions'
] %}
{% set known_descriptions = state_of('int_track_descriptions', {'description_hash': 'varchar'}) %}

with entries as (select * from {{ ref('stg_spotify__playlist_entries') }}),

known_descriptions as (
    select * from {{ known_descriptions }} as state
),

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
        case
            when
                kind = 'track'
                and {{ was_built('int_track_descriptions') }}
                and {{ json_hash('description') }} not in (
                    select known.description_hash from known_descriptions as known
                )
                then description
        end as new_description,
        observed_at,
        load_number
    from entries
    where load_number >= {{ first_load_to_unpack(readers) }}
)

select * from final

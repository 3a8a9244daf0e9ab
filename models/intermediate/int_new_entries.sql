-- Entries of what has been loaded since the models that read them were last built, unpacked once for all of them. The
-- text of a description only where it is a new one, and not for a first build: that would be the text of all history.
{% set readers = [
    'int_playlist_reads', 'int_playlist_contents', 'int_playlist_readings', 'int_track_descriptions'
] %}
{% set known_descriptions = state_of('int_track_descriptions', {'description_hash': 'varchar'}) %}

with entries as (select * from {{ ref('stg_spotify__playlist_entries') }}),

known_descriptions as (
    select distinct description_hash from {{ known_descriptions }} as state
),

hashed as (
    select
        *,
        case when kind = 'track' then {{ json_hash('description') }} end as description_hash
    from entries
    where load_number >= {{ first_load_to_unpack(readers) }}
),

final as (
    select
        hashed.playlist_id,
        hashed.day,
        hashed.run_id,
        hashed.attempt,
        hashed.position,
        hashed.kind,
        hashed.spotify_id,
        hashed.item_key,
        hashed.added_at,
        hashed.popularity,
        hashed.description_hash,
        case
            when hashed.kind = 'track' and known.description_hash is null and {{ was_built('int_track_descriptions') }}
                then hashed.description
        end as new_description,
        hashed.observed_at,
        hashed.load_number
    from hashed
    left join known_descriptions as known on hashed.description_hash = known.description_hash
)

select * from final

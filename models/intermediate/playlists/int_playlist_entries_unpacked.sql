-- The entries of new answers, each parsed once for all models that read them; back to the first page of every read
-- that has ended since. Of a description the hash: its text is fetched only where it is new.
with entries as (select * from {{ ref('stg_spotify__playlist_entries') }}),

final as (
    select
        playlist_id,
        day,
        run_id,
        line,
        attempt,
        position,
        kind,
        item_key,
        case when kind = 'track' then spotify_id end as track_id,
        added_at,
        popularity,
        case when kind = 'track' then description_hash end as description_hash,
        observed_at,
        load_number
    from entries
    where
        load_number >= {{ first_load_to_unpack() }}
        and load_number <= {{ up_to_load() }}
)

select * from final

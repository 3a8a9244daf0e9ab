-- Entries of new answers, parsed once for all models that need them. The first page of a read may be in an earlier load
-- than its end, so start from the earliest such page. Keep only the hash of a description; its text is read if new.
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
        added_by,
        popularity,
        chart_rank,
        chart_streams,
        case when kind = 'track' then description_hash end as description_hash,
        is_blank,
        observed_at,
        load_number
    from entries
    where
        load_number >= {{ first_load_to_unpack() }}
        and load_number <= {{ up_to_load() }}
)

select * from final

{{ config(pre_hook='{{ delete_new_rows() }}') }}

-- Fact: every finished read of a playlist, with the metadata of the playlist and, if it is complete, the hash of the
-- content. A run reads a playlist once, an import may have several reads of it, told apart by `attempt`.
with reads as (select * from {{ ref('stg_spotify__playlist_reads') }}),

contents as (select * from {{ ref('int_playlist_contents_collected') }}),

runs as (select * from {{ ref('int_runs') }}),

playlists as (
    select * from {{ ref('stg_spotify__playlists') }}
    where
        load_number >= {{ first_load_to_unpack() }}
        and load_number <= {{ up_to_load() }}
),

final as (
    select
        reads.playlist_id,
        reads.day,
        reads.run_id,
        reads.attempt,
        runs.source,
        case when runs.source is not null and playlists.kind = 'chart' then 'chart' else 'playlist' end as kind,
        reads.outcome,
        reads.reason,
        reads.snapshot_id,
        reads.entries,
        reads.total,
        contents.content_hash,
        contents.unavailable_entries,
        playlists.name,
        playlists.description,
        playlists.owner_id,
        playlists.owner_name,
        playlists.followers,
        playlists.is_public,
        playlists.is_collaborative,
        playlists.image_url,
        reads.observed_at,
        reads.load_number
    from reads
    left join contents
        on
            reads.playlist_id = contents.playlist_id
            and reads.run_id = contents.run_id
            and reads.attempt = contents.attempt
    left join playlists
        on
            reads.playlist_id = playlists.playlist_id
            and reads.run_id = playlists.run_id
            and reads.attempt = playlists.attempt
    left join runs on reads.run_id = runs.run_id
    where {{ is_new_answer('reads.load_number') }}
)

select * from final

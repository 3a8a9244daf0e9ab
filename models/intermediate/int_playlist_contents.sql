{{ config(
    post_hook='{{ remember_build() }}',
) }}

-- What a list held, once for all the reads that found the same.
with reads as (select * from {{ ref('int_playlist_reads') }}),

entries as (select * from {{ ref('int_new_entries') }}),

first_finds as (
    select
        *,
        row_number() over (
            partition by playlist_id, content_hash
            order by load_number, day, observed_at, run_id
        ) as find_number
    from reads
    where
        content_hash is not null
        and content_load_number > {{ last_load_built() }}
),

final as (
    select
        entries.playlist_id,
        first_finds.content_hash,
        entries.position,
        entries.kind,
        case when entries.kind = 'track' then entries.spotify_id end as track_id,
        entries.added_at,
        first_finds.load_number
    from first_finds
    inner join entries
        on
            first_finds.run_id = entries.run_id
            and first_finds.playlist_id = entries.playlist_id
            and first_finds.attempt = entries.attempt
    where first_finds.find_number = 1
)

select * from final

-- The content of each new complete read as one row: parallel arrays in order of position, and a hash to deduplicate
-- equal contents. The claim (added_at) is part of the content, popularity and added_by are not.
with reads as (select * from {{ ref('stg_spotify__playlist_reads') }}),

entries as (select * from {{ ref('int_playlist_entries_unpacked') }}),

complete_reads as (
    select
        playlist_id,
        run_id,
        attempt,
        load_number
    from reads
    where
        {{ is_new_answer() }}
        and outcome = 'complete'
),

-- Entries of the complete attempt. An empty playlist has none, so this is a left join.
found as (
    select
        complete_reads.playlist_id,
        complete_reads.run_id,
        complete_reads.attempt,
        complete_reads.load_number,
        entries.position,
        entries.kind,
        entries.track_id,
        entries.added_at,
        entries.added_by,
        concat_ws(' ', entries.kind, entries.item_key, '@', entries.added_at) as content
    from complete_reads
    left join entries
        on
            complete_reads.playlist_id = entries.playlist_id
            and complete_reads.run_id = entries.run_id
            and complete_reads.attempt = entries.attempt
),

collected as (
    select
        playlist_id,
        run_id,
        attempt,
        min(load_number) as load_number,
        cast(count(position) as integer) as entries,
        cast(sum(case when kind = 'unavailable' then 1 else 0 end) as integer) as unavailable_entries,
        count(added_by) > 0 as has_added_by,
        {{ rows_in_order(['kind', 'track_id', 'added_at', 'added_by', 'content'], 'position') }}
    from found
    group by playlist_id, run_id, attempt
),

final as (
    select
        playlist_id,
        run_id,
        attempt,
        load_number,
        {{ hash_in_order('content') }} as content_hash,
        entries,
        unavailable_entries,
        {{ column_in_order('kind') }} as kinds,
        {{ column_in_order('track_id') }} as track_ids,
        {{ column_in_order('added_at') }} as added_ats,
        {{ column_in_order('added_at', kind='unavailable') }} as unavailable_added_ats,
        case when has_added_by then {{ column_in_order('added_by') }} end as added_bys
    from collected
)

select * from final

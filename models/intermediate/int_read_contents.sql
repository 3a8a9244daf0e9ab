{{ config(post_hook='{{ index_days() }}') }}

-- What is known of a list from a complete read on: the complete read that counts for each day.
with candidates as (select * from {{ ref('int_read_candidates') }}),

ranked as (
    select
        *,
        row_number() over (partition by playlist_id, day order by observed_at desc, run_id desc) as latest_first
    from candidates
    where outcome in ('complete', 'known')
),

final as (
    select
        playlist_id,
        day,
        snapshot_id,
        content_hash,
        content_load_number,
        entries,
        unavailable_entries
    from ranked
    where latest_first = 1
)

select * from final

-- The complete read that counts for each list and day, numbered in the order of days, not of arrival.
with reads as (

    select * from {{ ref('stg_spotify__playlist_reads') }}

),

ranked as (

    select
        *,
        row_number() over (partition by playlist_id, day order by observed_at desc, run_id desc) as latest_first
    from reads
    where outcome = 'complete'

),

final as (

    select
        playlist_id,
        row_number() over (partition by playlist_id order by day) as read_number,
        day,
        lead(day) over (partition by playlist_id order by day) as next_day,
        run_id,
        attempt,
        snapshot_id,
        entries
    from ranked
    where latest_first = 1

)

select * from final

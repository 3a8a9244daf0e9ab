{{ config(
    incremental_strategy='delete+insert',
    unique_key=['playlist_id', 'track_id', 'stay_number'],
    pre_hook="{{ forget_rebuilt(ref('int_list_changes')) }}",
    post_hook='{{ remember_build() }}',
) }}
{{ refuse_partial_refresh(ref('int_list_changes'), ref('int_read_spans')) }}

-- Every stay, written when it begins and when it ends. last_seen and days_seen of an open stay are null: they follow
-- its list's last usable day. Where a null entry masks the track at the end, they are known, and stand here.
with stay_changes as (select * from {{ ref('int_stay_changes') }}),

final as (
    select
        playlist_id,
        track_id,
        stay_number,
        first_seen,
        first_usable_number,
        claimed_on,
        last_usable_day_before,
        masked_days,
        first_absent,
        last_seen,
        days_seen
    from stay_changes
)

select * from final

-- Lists with new spans, and whether their stays are made anew or go on from what is known: not where the first span is
-- new, not where null entries hide a track so far, and not where a new null entry may hide one.
{% set stays = state_of('int_stays', {
    'playlist_id': 'varchar', 'first_absent': 'date', 'last_seen': 'date'
}) %}

with touched_lists as (select * from {{ ref('int_touched_lists') }}),

hidden_tracks as (select * from {{ ref('int_hidden_tracks') }}),

stays as (
    select * from {{ stays }} as state
),

lists_with_stays as (
    select
        playlist_id,
        -- an open stay whose end does not follow its list's is masked
        max(case when first_absent is null and last_seen is not null then 1 else 0 end) as masked
    from stays
    group by playlist_id
),

hiding_lists as (
    select distinct playlist_id
    from hidden_tracks
),

final as (
    select
        touched_lists.playlist_id,
        touched_lists.first_span_number,
        touched_lists.first_span_number = 1
        or coalesce(lists_with_stays.masked, 1) = 1
        or hiding_lists.playlist_id is not null as is_rebuilt
    from touched_lists
    left join lists_with_stays on touched_lists.playlist_id = lists_with_stays.playlist_id
    left join hiding_lists on touched_lists.playlist_id = hiding_lists.playlist_id
)

select * from final

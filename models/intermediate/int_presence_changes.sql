-- Where a track appears in a list, and where it is gone: the spans in which its presence differs from the span before.
-- Of a list that goes on, the known span holds the tracks of its open stays.
{% set stays = state_of('int_stays', {
    'playlist_id': 'varchar', 'track_id': 'varchar', 'first_absent': 'date'
}) %}

with windows as (select * from {{ ref('int_stay_windows') }}),

contents as (select * from {{ ref('int_playlist_contents') }}),

stays as (
    select * from {{ stays }} as state
),

held as (
    select
        windows.playlist_id,
        contents.track_id,
        windows.span_number,
        contents.added_at
    from windows
    inner join contents
        on
            windows.playlist_id = contents.playlist_id
            and windows.content_hash = contents.content_hash
            and windows.content_load_number = contents.load_number
    where
        not windows.is_known
        and contents.kind = 'track'

    union all

    select
        windows.playlist_id,
        stays.track_id,
        windows.span_number,
        null as added_at
    from windows
    inner join stays on windows.playlist_id = stays.playlist_id
    where
        windows.is_known
        and stays.first_absent is null
),

compared as (
    select
        playlist_id,
        track_id,
        span_number,
        added_at,
        1 as is_held,
        0 as was_held
    from held

    union all

    select
        playlist_id,
        track_id,
        span_number + 1 as span_number,
        null as added_at,
        0 as is_held,
        1 as was_held
    from held
),

final as (
    select
        playlist_id,
        track_id,
        span_number,
        max(is_held) = 1 as is_held,
        min(added_at) as earliest_claim
    from compared
    group by playlist_id, track_id, span_number
    having max(is_held) <> max(was_held)
)

select * from final

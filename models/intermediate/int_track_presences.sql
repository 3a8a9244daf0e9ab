-- Spans that hold a track, each with the number of the next one that does. Of a list that goes on, the known span
-- holds the tracks of its open stays.
{% set stays = state_of('int_stays', {
    'playlist_id': 'varchar', 'track_id': 'varchar', 'first_absent': 'date'
}) %}

with windows as (

    select * from {{ ref('int_stay_windows') }}

),

contents as (

    select * from {{ ref('int_playlist_contents') }}

),

stays as (

    select * from {{ stays }} as state

),

held as (

    select
        windows.playlist_id,
        contents.track_id,
        windows.span_number,
        min(contents.added_at) as earliest_claim
    from windows
    inner join contents
        on
            windows.playlist_id = contents.playlist_id
            and windows.content_hash = contents.content_hash
            and windows.content_load_number = contents.load_number
    where
        not windows.is_known
        and contents.kind = 'track'
    group by windows.playlist_id, contents.track_id, windows.span_number

    union all

    select
        windows.playlist_id,
        stays.track_id,
        windows.span_number,
        null as earliest_claim
    from windows
    inner join stays on windows.playlist_id = stays.playlist_id
    where
        windows.is_known
        and stays.first_absent is null

),

final as (

    select
        *,
        lead(span_number) over (partition by playlist_id, track_id order by span_number) as next_span_number
    from held

)

select * from final

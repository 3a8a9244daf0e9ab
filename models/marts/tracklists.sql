{{ config(materialized='view', tags=['derived']) }}

-- A view: contents are stored once, however often a list came back to them.
with spans as (select * from {{ ref('int_read_spans') }}),

contents as (select * from {{ ref('int_playlist_contents') }}),

final as (
    select
        spans.playlist_id,
        spans.first_day,
        cast(contents.position + 1 as integer) as position,
        coalesce(contents.kind, 'empty') as kind,
        contents.track_id,
        contents.added_at
    from spans
    left join contents
        on
            spans.playlist_id = contents.playlist_id
            and spans.content_hash = contents.content_hash
            and spans.content_load_number = contents.load_number
)

select * from final

-- API drift ends here: a list's first page comes with the list, as `items` or `tracks` or both; in the answer for a
-- further page, `items` is the array itself.
with first_pages as (select * from {{ source('raw', 'playlists') }}),

further_pages as (select * from {{ source('raw', 'playlist_items') }}),

pages as (
    select
        run_id,
        day,
        asked,
        observed_at,
        load_number,
        0 as first_position,
        {{ json_list('body', [['items', 'items'], ['tracks', 'items']]) }} as items
    from first_pages
    where
        status = 200
        and {{ json_text('asked', ['fields']) }} is null

    union all

    select
        run_id,
        day,
        asked,
        observed_at,
        load_number,
        {{ cast_or_null(json_text('asked', ['offset']), 'integer') }} as first_position,
        {{ json_list('body', [['items']]) }} as items
    from further_pages
    where status = 200
),

final as (
    select
        {{ json_text('asked', ['playlist_id']) }} as playlist_id,
        day,
        run_id,
        {{ cast_or_null(json_text('asked', ['attempt']), 'integer') }} as attempt,
        first_position,
        items,
        observed_at,
        load_number
    from pages
)

select * from final

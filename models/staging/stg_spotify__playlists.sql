with answers as (select * from {{ source('raw', 'answers') }}),

final as (
    select
        {{ json_text('asked', ['playlist_id']) }} as playlist_id,
        day,
        run_id,
        {{ cast_or_null(json_text('asked', ['attempt']), 'integer') }} as attempt,
        {{ json_text('body', ['kind']) }} as kind,
        {{ json_text('body', ['name']) }} as name,
        {{ json_text('body', ['description']) }} as description,
        {{ json_text('body', ['owner', 'id']) }} as owner_id,
        {{ json_text('body', ['owner', 'display_name']) }} as owner_name,
        {{ cast_or_null(json_text('body', ['followers', 'total']), 'integer') }} as followers,
        {{ cast_or_null(json_text('body', ['public']), 'boolean') }} as is_public,
        {{ cast_or_null(json_text('body', ['collaborative']), 'boolean') }} as is_collaborative,
        {{ json_text('body', ['images', 0, 'url']) }} as image_url,
        observed_at,
        load_number
    from answers
    where
        endpoint = 'playlists'
        and status = 200
        and {{ json_text('asked', ['fields']) }} is null
)

select * from final

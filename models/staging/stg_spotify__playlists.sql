with source as (select * from {{ source('raw', 'playlists') }}),

final as (
    select
        {{ json_text('asked', ['playlist_id']) }} as playlist_id,
        day,
        {{ json_text('body', ['name']) }} as name,
        case
            when {{ json_text('body', ['owner', 'id']) }} = 'spotify' then 'spotify'
            when {{ json_text('body', ['owner', 'id']) }} is not null then 'user'
        end as owner_kind,
        observed_at,
        load_number
    from source
    where
        status = 200
        and {{ json_text('asked', ['fields']) }} is null
)

select * from final

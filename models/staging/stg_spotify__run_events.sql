with answers as (select * from {{ source('raw', 'answers') }}),

final as (
    select
        run_id,
        worker,
        day,
        {{ json_text('body', ['event']) }} as event,
        coalesce({{ json_text('body', ['kind']) }}, 'read') as kind,
        {{ json_text('body', ['source']) }} as source,
        {{ json_text('body', ['watched']) }} as watched,
        {{ cast_or_null(json_text('body', ['discover_tracks']), 'boolean') }} as discovers_tracks,
        {{ cast_or_null(json_text('body', ['playlists_asked']), 'integer') }} as playlists_asked,
        {{ cast_or_null(json_text('body', ['playlists_answered']), 'integer') }} as playlists_answered,
        {{ cast_or_null(json_text('body', ['playlists_failed']), 'integer') }} as playlists_failed,
        {{ cast_or_null(json_text('body', ['tracks_asked']), 'integer') }} as tracks_asked,
        {{ cast_or_null(json_text('body', ['tracks_answered']), 'integer') }} as tracks_answered,
        {{ cast_or_null(json_text('body', ['tracks_failed']), 'integer') }} as tracks_failed,
        {{ json_text('body', ['requests']) }} as requests,
        {{ cast_or_null(json_text('body', ['waited_seconds']), 'decimal(10, 1)') }} as waited_seconds,
        {{ cast_or_null(json_text('body', ['exit_code']), 'integer') }} as exit_code,
        {{ cast_or_null(json_text('body', ['capabilities', 'bulk_tracks']), 'boolean') }} as bulk_tracks,
        {{ json_text('body', ['capabilities', 'playlist_items']) }} as playlist_items,
        {{ cast_or_null(json_text('body', ['capabilities', 'popularity']), 'boolean') }} as popularity,
        {{ cast_or_null(json_text('body', ['tracks_without_popularity']), 'integer') }} as tracks_without_popularity,
        observed_at,
        load_number
    from answers
    where endpoint = 'runs'
)

select * from final

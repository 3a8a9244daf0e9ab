with source as (

    select * from {{ source('raw', 'runs') }}

),

final as (

    select
        run_id,
        worker,
        day,
        {{ json_text('body', ['event']) }} as event,
        {{ json_text('body', ['watched']) }} as watched,
        {{ cast_or_null(json_text('body', ['discover_tracks']), 'boolean') }} as discovers_tracks,
        {{ cast_or_null(json_text('body', ['playlists_asked']), 'integer') }} as playlists_asked,
        {{ cast_or_null(json_text('body', ['playlists_answered']), 'integer') }} as playlists_answered,
        {{ cast_or_null(json_text('body', ['playlists_failed']), 'integer') }} as playlists_failed,
        {{ cast_or_null(json_text('body', ['tracks_asked']), 'integer') }} as tracks_asked,
        {{ cast_or_null(json_text('body', ['tracks_answered']), 'integer') }} as tracks_answered,
        {{ cast_or_null(json_text('body', ['tracks_failed']), 'integer') }} as tracks_failed,
        {{ json_text('body', ['requests']) }} as requests,
        {{ cast_or_null(json_text('body', ['waited_seconds']), 'double') }} as waited_seconds,
        {{ cast_or_null(json_text('body', ['exit_code']), 'integer') }} as exit_code,
        observed_at
    from source

)

select * from final

with answers as (select * from {{ source('raw', 'answers') }}),

final as (
    select
        {{ json_text('asked', ['playlist_id']) }} as playlist_id,
        day,
        run_id,
        {{ cast_or_null(json_text('body', ['attempt']), 'integer') }} as attempt,
        {{ json_text('body', ['outcome']) }} as outcome,
        {{ json_text('body', ['reason']) }} as reason,
        {{ json_text('body', ['snapshot_id']) }} as snapshot_id,
        {{ cast_or_null(json_text('body', ['entries']), 'integer') }} as entries,
        {{ cast_or_null(json_text('body', ['total']), 'integer') }} as total,
        observed_at,
        load_number
    from answers
    where endpoint = 'playlist_reads'
)

select * from final

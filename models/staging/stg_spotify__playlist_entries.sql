with entries as (select * from {{ source('raw', 'playlist_entries') }}),

contents as (
    select
        *,
        {{ content_of_entry('entry') }} as content,
        -- few entries have it: look for it before the entry is parsed a second time
        case when {{ json_has_key('entry', 'chart') }} then {{ json_value('entry', ['chart']) }} end as chart
    from entries
),

described as (
    select
        *,
        {{ json_fields('content', ['id', 'uri', 'type', 'is_local', 'popularity', 'name', 'duration_ms']) }} as fields
    from contents
),

final as (
    select
        playlist_id,
        day,
        run_id,
        line,
        attempt,
        position,
        {{ json_field('fields', 'id') }} as spotify_id,
        coalesce({{ json_field('fields', 'id') }}, {{ json_field('fields', 'uri') }}) as item_key,
        case
            when
                {{ json_field('fields', 'id') }} is null
                and {{ json_field('fields', 'uri') }} is null then 'unavailable'
            when
                {{ json_field('fields', 'is_local') }} = 'true'
                or {{ json_field('fields', 'uri') }} like 'spotify:local:%' then 'local'
            when
                {{ json_field('fields', 'type') }} = 'episode'
                or {{ json_field('fields', 'uri') }} like 'spotify:episode:%' then 'episode'
            when
                {{ json_field('fields', 'id') }} is not null
                and coalesce({{ json_field('fields', 'uri') }}, 'spotify:track:') like 'spotify:track:%' then 'track'
            else 'other'
        end as kind,
        {{ utc_timestamp('added_at') }} as added_at,
        -- usually dropped (drop_fields): look for it before the entry is parsed a second time
        case when {{ json_has_key('entry', 'added_by') }} then {{ json_text('entry', ['added_by', 'id']) }} end
            as added_by,
        {{ popularity_or_null(json_field('fields', 'popularity')) }} as popularity,
        {{ cast_or_null(json_text('chart', ['rank']), 'integer') }} as chart_rank,
        {{ cast_or_null(json_text('chart', ['streams']), 'bigint') }} as chart_streams,
        {{ description_hash('content') }} as description_hash,
        {{ is_blank(json_field('fields', 'name'), json_field('fields', 'duration_ms')) }} as is_blank,
        entry,
        observed_at,
        load_number
    from described
)

select * from final

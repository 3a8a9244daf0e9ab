with pages as (select * from {{ ref('stg_spotify__playlist_pages') }}),

elements as (
    select
        playlist_id,
        day,
        run_id,
        attempt,
        first_position,
        observed_at,
        load_number,
        {{ json_elements('items') }}
    from pages
),

things as (
    select
        *,
        {{ json_text('element', ['added_at']) }} as added_at_text,
        coalesce({{ json_value('element', ['item']) }}, {{ json_value('element', ['track']) }}) as thing
    from elements
),

described as (
    select
        *,
        {{ json_fields('thing', ['id', 'uri', 'type', 'is_local', 'popularity']) }} as fields
    from things
),

final as (
    select
        playlist_id,
        day,
        run_id,
        attempt,
        first_position + ordinal - 1 as position,
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
        {{ utc_timestamp('added_at_text') }} as added_at,
        {{ cast_or_null(json_field('fields', 'popularity'), 'integer') }} as popularity,
        {{ json_without('thing', 'popularity') }} as description,
        observed_at,
        load_number
    from described
)

select * from final

{{ config(unique_key='track_id') }}

-- Album and artists of each followed track, from its latest description. Only tracks with a new version or newly
-- followed are parsed.
with versions as {{ not_materialized() }} (select * from {{ ref('int_track_versions') }}),

descriptions as (select * from {{ ref('int_track_descriptions') }}),

followed as {{ not_materialized() }} (select * from {{ ref('int_tracks_followed') }}),

changed_tracks as (
    select track_id
    from versions
    where {{ is_new_fact() }}

    union

    select track_id
    from followed
    where {{ is_new_fact() }}
),

ranked as (
    select
        versions.*,
        row_number() over (partition by versions.track_id order by versions.day desc) as latest_rank
    from versions
    inner join changed_tracks on versions.track_id = changed_tracks.track_id
    inner join followed on versions.track_id = followed.track_id
),

final as (
    select
        {{ in_byte_order('ranked.track_id') }} as track_id,
        {{ json_texts('descriptions.description', 'artists', 'id') }} as artist_ids,
        {{ json_texts('descriptions.description', 'artists', 'name') }} as artist_names,
        {{ json_text('descriptions.description', ['album', 'id']) }} as album_id,
        {{ json_text('descriptions.description', ['album', 'name']) }} as album_name,
        {{ json_text('descriptions.description', ['album', 'album_type']) }} as album_type,
        {{ cast_or_null(json_text('descriptions.description', ['album', 'total_tracks']), 'integer') }} as total_tracks,
        {{ partial_date(json_text('descriptions.description', ['album', 'release_date'])) }} as release_date,
        {{ json_text('descriptions.description', ['album', 'release_date_precision']) }} as release_date_precision,
        {{ json_text('descriptions.description', ['album', 'images', 0, 'url']) }} as image_url,
        cast({{ up_to_load() }} as integer) as load_number
    from ranked
    inner join descriptions
        on
            ranked.track_id = descriptions.track_id
            and ranked.description_hash = descriptions.description_hash
    where ranked.latest_rank = 1
)

select * from final

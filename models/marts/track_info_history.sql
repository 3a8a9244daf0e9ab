{{ config(unique_key='track_id') }}
{% set mapped = mapped_columns(model.columns) %}

-- Rewrites tracks that have a new version of their description or are newly followed. All other rows are kept.
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

described as (
    select
        {% for column in mapped -%}
            {{ mapped_value('descriptions.description', column) }} as {{ column.name }},
        {% endfor -%}
        versions.track_id,
        versions.day
    from versions
    inner join changed_tracks on versions.track_id = changed_tracks.track_id
    inner join followed on versions.track_id = followed.track_id
    inner join descriptions
        on
            versions.track_id = descriptions.track_id
            and versions.description_hash = descriptions.description_hash
),

compared as (
    select
        *,
        case
            when lag(day) over by_track is null then true
            {% for column in mapped -%}
                when ({{ column.name }} is distinct from lag({{ column.name }}) over by_track) then true
            {% endfor -%}
            else false
        end as is_new_version
    from described
    window by_track as (partition by track_id order by day)
),

final as (
    select
        track_id,
        {% for column in mapped -%}
            {{ column.name }},
        {% endfor -%}
        day as valid_from,
        lead(day) over (partition by track_id order by day) - 1 as valid_to
    from compared
    where is_new_version
)

select * from final

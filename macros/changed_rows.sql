{# A daily build tests the rows it may have changed; without `test_scope: changed`, as in CI, a test sees all rows. #}

{% macro changed_rows(model_name) -%}
    {%- set changes = {
        'tracks_in_playlist': ['playlist_id, track_id', 'int_stay_changes'],
        'playlist_days': ['playlist_id, date', 'int_read_candidates'],
        'track_daily_popularity': ['date', 'int_touched_days'],
        'track_info': ['track_id', 'int_touched_tracks'],
        'track_info_history': ['track_id', 'int_touched_tracks'],
    } -%}
    {%- if model_name in changes and var('test_scope', 'all') == 'changed' -%}
        {%- set key, worked_out = changes[model_name] -%}
        ({{ key }}) in (select {{ key | replace('date', 'day') }} from intermediate.{{ worked_out }})
    {%- endif -%}
{%- endmacro %}

{% macro default__get_where_subquery(relation) -%}
    {#- dbt's own seam for what a test sees of a model; a test with a `where` of its own says so itself -#}
    {%- set condition = config.get('where') or changed_rows(relation.identifier) | trim -%}
    {{ return('(select * from ' ~ relation ~ ' where ' ~ condition ~ ') as tested' if condition else relation) }}
{%- endmacro %}

{# On Spark, for `./run.sh publish`: the marts as tables that are never touched again, and `spotify`, which has views of
   them and the answers. Views are replaced one by one: for a moment one may be of today and the next of yesterday. #}

{% macro publish_marts(publication, outdated) -%}
    {%- set marts = graph.nodes.values() | selectattr('resource_type', 'equalto', 'model')
        | selectattr('schema', 'equalto', target.schema) | list -%}
    {%- do run_query('create schema ' ~ publication) -%}
    {%- for mart in marts -%}
        {%- do run_query('create table ' ~ publication ~ '.' ~ mart.name ~ ' as select * from ' ~ mart.relation_name) -%}
    {%- endfor -%}
    {%- do run_query('create schema if not exists spotify') -%}
    {%- for statement in published_views(marts, publication) + published_answers() -%}
        {%- do run_query(statement) -%}
    {%- endfor -%}
    {%- for schema in outdated -%}
        {%- do run_query('drop schema if exists ' ~ schema ~ ' cascade') -%}
    {%- endfor -%}
{%- endmacro %}

{% macro published_views(marts, publication) -%}
    {%- set statements = [] -%}
    {%- for mart in marts -%}
        {%- set statement -%}
            create or replace view spotify.{{ mart.name }} (
                {{ get_persist_docs_column_list(mart.columns, mart.columns) }}
            )
            comment '{{ mart.description | replace("'", "\\'") }}'
            as select {{ mart.columns | join(', ') }} from {{ publication }}.{{ mart.name }}
        {%- endset -%}
        {%- do statements.append(statement) -%}
    {%- endfor -%}
    {{ return(statements) }}
{%- endmacro %}

{% macro published_answers() -%}
    {{ return([answer_tracks_during(), answer_playlists_of()]) }}
{%- endmacro %}

{% macro answer_tracks_during() -%}
    create or replace function spotify.tracks_during(playlist string, start_date date, end_date date)
    returns table (
        track_id string, name string, artists string, stay_number int, added_at date, last_seen date, first_absent date
    )
    comment 'Which tracks were in a playlist, by its id or link, from start_date to end_date: one row per stay.'
    return
    select
        stays.track_id, info.name, info.artists, stays.stay_number, stays.added_at, stays.last_seen, stays.first_absent
    from spotify.tracks_in_playlist as stays
    inner join spotify.track_info as info on stays.track_id = info.track_id
    where
        stays.playlist_id = {{ id_in('playlist') }}
        and stays.added_at <= end_date and stays.last_seen >= start_date
{%- endmacro %}

{% macro answer_playlists_of() -%}
    create or replace function spotify.playlists_of(track string)
    returns table (
        playlist_id string, label string, name string, stay_number int, added_at date, last_seen date, first_absent date
    )
    comment 'In which playlists a track, by its id or link, has been, and when: one row per stay.'
    return
    select
        stays.playlist_id, lists.label, lists.name, stays.stay_number, stays.added_at, stays.last_seen,
        stays.first_absent
    from spotify.tracks_in_playlist as stays
    inner join spotify.playlists as lists on stays.playlist_id = lists.playlist_id
    where stays.track_id = {{ id_in('track') }}
{%- endmacro %}

{% macro id_in(link) -%}regexp_extract(trim({{ link }}), '([0-9A-Za-z]{22})/?([?#].*)?$', 1){%- endmacro %}

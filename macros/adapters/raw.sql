{# If an engine reads landing files in place, `raw` consists of definitions on them; otherwise they are loaded. #}

{% macro register_raw() -%}{{ return(adapter.dispatch('register_raw', 'spotify')()) }}{%- endmacro %}

{% macro default__register_raw() -%}{%- endmacro %}

{% macro spark__register_raw() -%}
    {%- do run_query('create schema if not exists raw') -%}
    {%- do run_query(landed_lines()) -%}
    {%- do run_query('msck repair table raw.landed') -%}
    {%- for statement in [
        landed_answers(), landed_playlist_entries(), landed_answered_objects(), landed_files(), landed_watched(),
        landed_purged(),
    ] -%}
        {%- do run_query(statement) -%}
    {%- endfor -%}
{%- endmacro %}

{% macro landed_lines() -%}
    create table if not exists raw.landed (
        run string, line int, worker int, day date, endpoint string, asked string, status int, requests int,
        observed_at timestamp_ltz, body string, watched string, kind string, id string, label string,
        name string, bytes bigint, lines int, load_number int, part string
    )
    using json
    options (mode 'FAILFAST')
    partitioned by (load_number, part)
    location '${spark.spotify.raw}'
{%- endmacro %}

{#- Answers about runs are repeated in a separate partition. With this condition, Spark reads only that partition if a
    query needs no other answers. -#}
{% macro landed_answers() -%}
    create or replace view raw.answers as
    select
        run as run_id, line, worker, day, endpoint, asked, status, requests,
        cast(observed_at as timestamp_ntz) as observed_at, body, load_number
    from raw.landed
    where part = if(endpoint = 'runs', 'runs', 'answers')
{%- endmacro %}

{#- A playlist's entries are in the playlist's answer, as `items` or `tracks`; in a further page `items` is the array
    itself. Anything but an array has no entries. -#}
{% macro landed_playlist_entries() -%}
    create or replace view raw.playlist_entries as
    with lists as (
        select
            *,
            case
                when endpoint = 'playlist_items' then try_cast(get_json_object(asked, '$.offset') as int)
                else 0
            end as first_position,
            case
                when endpoint = 'playlist_items' then {{ landed_list('body', "'$.items'") }}
                else coalesce(
                    nullif({{ landed_list('body', "'$.items.items'") }}, array()),
                    {{ landed_list('body', "'$.tracks.items'") }}
                )
            end as list
        from raw.landed
        where
            part = 'answers'
            and status = 200
            and get_json_object(asked, '$.ids') is null
            and (
                endpoint = 'playlist_items'
                or (endpoint = 'playlists' and get_json_object(asked, '$.fields') is null)
            )
    ),

    entries as (
        select *, posexplode(list) as (place, entry)
        from lists
        where first_position is not null
    )

    select
        run as run_id,
        line,
        day,
        get_json_object(asked, '$.playlist_id') as playlist_id,
        try_cast(get_json_object(asked, '$.attempt') as int) as attempt,
        first_position + place as position,
        get_json_object(entry, '$.added_at') as added_at,
        entry,
        cast(observed_at as timestamp_ntz) as observed_at,
        load_number
    from entries
{%- endmacro %}

{#- Matched by position: a relinked track, for example, is returned with another id than the requested one -#}
{% macro landed_answered_objects() -%}
    create or replace view raw.answered_objects as
    with answers as (
        select
            *,
            {{ landed_list('asked', "'$.ids'") }} as ids,
            case
                when get_json_object(asked, '$.items') is null then array(body)
                else {{ landed_list('body', "\"$['\" || get_json_object(asked, '$.items') || \"']\"") }}
            end as objects
        from raw.landed
        where part = 'answers' and status = 200 and get_json_object(asked, '$.ids') is not null
    ),

    answered as (
        select *, posexplode(ids) as (place, asked_id)
        from answers
        where size(ids) = size(objects)
    )

    select
        run as run_id,
        line,
        day,
        endpoint,
        asked_id,
        objects[place] as object,
        cast(observed_at as timestamp_ntz) as observed_at,
        load_number
    from answered
{%- endmacro %}

{% macro landed_files() -%}
    create or replace view raw.landing_files as
    select name, bytes, lines, load_number
    from raw.landed
    where part = 'landing_files'
{%- endmacro %}

{% macro landed_watched() -%}
    create or replace view raw.watched as
    select watched, kind, id, label
    from raw.landed
    where part = 'watched'
{%- endmacro %}

{#- Spark's landing files are kept -#}
{% macro landed_purged() -%}
    create or replace view raw.purged as
    select cast(null as int) as up_to_load, cast(null as date) as before_day, cast(null as bigint) as answers
    where false
{%- endmacro %}

{% macro landed_list(column, path) -%}from_json(get_json_object({{ column }}, {{ path }}), 'array<string>'){%- endmacro %}

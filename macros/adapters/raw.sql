{# Where an engine reads landing files itself, `raw` is what it is told about them; elsewhere it is loaded. #}

{% macro register_raw() -%}{{ return(adapter.dispatch('register_raw', 'spotify')()) }}{%- endmacro %}

{% macro default__register_raw() -%}{%- endmacro %}

{% macro spark__register_raw() -%}
    {%- do run_query('create schema if not exists raw') -%}
    {%- do run_query(landed_lines()) -%}
    {%- do run_query('msck repair table raw.landed') -%}
    {%- for name in ['runs', 'playlists', 'playlist_items', 'playlist_reads', 'tracks'] -%}
        {%- do run_query(landed_answers(name)) -%}
    {%- endfor -%}
    {%- for name, columns in {'watched': 'watched, kind, id, label', 'landing_files': 'file, bytes, lines'}.items() -%}
        {%- do run_query(landed_rows(name, columns)) -%}
    {%- endfor -%}
    {%- do run_query(
        'create table if not exists raw.built (load_number int, model string) using parquet partitioned by (model)'
    ) -%}
{%- endmacro %}

{% macro landed_lines() -%}
    create table if not exists raw.landed (
        run string, line int, worker int, day date, endpoint string, asked string, status int, requests int,
        observed_at timestamp_ltz, body string, watched string, kind string, id string, label string,
        file string, bytes bigint, lines int, load_number int, part string
    )
    using json
    options (mode 'FAILFAST')
    partitioned by (load_number, part)
    location '${spark.spotify.raw}'
{%- endmacro %}

{% macro landed_answers(endpoint) -%}
    create or replace view raw.{{ endpoint }} as
    select
        run as run_id, line, worker, day, asked, status, requests, cast(observed_at as timestamp_ntz) as observed_at,
        body, load_number
    from raw.landed
    where part = {{ "'runs'" if endpoint == 'runs' else "'answers'" }} and endpoint = '{{ endpoint }}'
{%- endmacro %}

{% macro landed_rows(name, columns) -%}
    create or replace view raw.{{ name }} as
    select {{ columns }}, load_number from raw.landed where part = '{{ name }}'
{%- endmacro %}

{# The answers of an endpoint that config.yaml adds. #}

{% macro raw_answers(endpoint) -%}{{ return(adapter.dispatch('raw_answers', 'spotify')(endpoint)) }}{%- endmacro %}

{% macro default__raw_answers(endpoint) -%}
    {%- set answers = adapter.get_relation(target.database, 'raw', endpoint) if execute -%}
    {%- if execute and not answers and flags.WHICH in ('build', 'run') -%}
        {{ exceptions.raise_compiler_error(
            this.identifier ~ ': there is no table raw.' ~ endpoint ~ ': is ' ~ endpoint
            ~ ' among the endpoints of config.yaml? ./run.sh load makes the tables of those'
        ) }}
    {%- endif -%}
    {{ return(ledger(endpoint)) }}
{%- endmacro %}

{% macro spark__raw_answers(endpoint) -%}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
        {%- do run_query(landed_answers(endpoint)) -%}
    {%- endif -%}
    {{ return(ledger(endpoint)) }}
{%- endmacro %}

{# Engines differ in how they reach into JSON. A path is a list of keys, never an engine's own path syntax;
   `*` as a key takes every element of an array. #}

{% macro json_value(column, path) -%}{{ return(adapter.dispatch('json_value', 'spotify')(column, path)) }}{%- endmacro %}

{% macro duckdb__json_value(column, path) -%}
    {#- JSON's own null is a value to DuckDB; here it is no value -#}
    nullif(json_extract({{ column }}, '{{ json_path(path) }}'), 'null')
{%- endmacro %}

{% macro postgres__json_value(column, path) -%}
    nullif({{ column }} #> {{ json_keys(path) }}, 'null')
{%- endmacro %}

{% macro spark__json_value(column, path) -%}get_json_object({{ column }}, '{{ json_path(path) }}'){%- endmacro %}

{% macro json_text(column, path) -%}{{ return(adapter.dispatch('json_text', 'spotify')(column, path)) }}{%- endmacro %}

{% macro duckdb__json_text(column, path) -%}
    {%- if '*' in path -%}
        nullif(array_to_string(json_extract_string({{ column }}, '{{ json_path(path) }}'), ', '), '')
    {%- else -%}
        json_extract_string({{ column }}, '{{ json_path(path) }}')
    {%- endif -%}
{%- endmacro %}

{% macro postgres__json_text(column, path) -%}
    {#- in the order of its bytes wherever it is sorted, here and in the tables made of it: what rows there are must not
        depend on the language of a database -#}
    {%- if '*' in path -%}
        (
            select nullif(string_agg(text, ', ' order by ordinal), '') collate "C"
            from jsonb_array_elements_text(jsonb_path_query_array({{ column }}, '{{ json_path(path) }}'))
                with ordinality as found(text, ordinal)
        )
    {%- else -%}
        ({{ column }} #>> {{ json_keys(path) }}) collate "C"
    {%- endif -%}
{%- endmacro %}

{% macro spark__json_text(column, path) -%}
    {%- if '*' in path -%}
        {%- set place = path.index('*') -%}
        nullif(array_join(
            transform(
                {{ spark__json_array(json_value(column, path[:place])) }},
                element -> {{ json_text('element', path[place + 1:]) if path[place + 1:] else 'element' }}
            ), ', '
        ), '')
    {%- else -%}
        get_json_object({{ column }}, '{{ json_path(path) }}')
    {%- endif -%}
{%- endmacro %}

{% macro spark__json_array(text) -%}from_json({{ text }}, 'array<string>'){%- endmacro %}

{% macro json_path(path) -%}
    ${% for key in path %}{{ '[*]' if key == '*' else '.' ~ key }}{% endfor %}
{%- endmacro %}

{% macro json_keys(path) -%}array['{{ path | join("', '") }}']{%- endmacro %}

{% macro json_fields(value, names) -%}{{ return(adapter.dispatch('json_fields', 'spotify')(value, names)) }}{%- endmacro %}

{#- Several fields of one object as text, to be taken with json_field: a large object is parsed once, not once a field -#}
{% macro duckdb__json_fields(value, names) -%}
    from_json({{ value }}, '{ {%- for name in names %}"{{ name }}": "VARCHAR"{{ ', ' if not loop.last }}{% endfor -%} }')
{%- endmacro %}

{% macro postgres__json_fields(value, names) -%}{{ value }}{%- endmacro %}

{% macro spark__json_fields(value, names) -%}
    from_json({{ value }}, '{% for name in names %}{{ name }} string{{ ', ' if not loop.last }}{% endfor %}')
{%- endmacro %}

{% macro json_field(fields, name) -%}{{ return(adapter.dispatch('json_field', 'spotify')(fields, name)) }}{%- endmacro %}

{% macro duckdb__json_field(fields, name) -%}struct_extract({{ fields }}, '{{ name }}'){%- endmacro %}

{% macro postgres__json_field(fields, name) -%}({{ fields }} ->> '{{ name }}') collate "C"{%- endmacro %}

{% macro spark__json_field(fields, name) -%}{{ fields }}.{{ name }}{%- endmacro %}

{% macro json_without(column, key) -%}{{ return(adapter.dispatch('json_without', 'spotify')(column, key)) }}{%- endmacro %}

{% macro duckdb__json_without(column, key) -%}json_merge_patch({{ column }}, '{"{{ key }}": null}'){%- endmacro %}

{% macro postgres__json_without(column, key) -%}
    case when jsonb_typeof({{ column }}) = 'object' then {{ column }} - '{{ key }}' else jsonb_strip_nulls({{ column }}) end
{%- endmacro %}

{% macro spark__json_without(column, key) -%}
    to_json(map_filter(from_json({{ column }}, 'map<string, variant>'), (name, value) -> name <> '{{ key }}'))
{%- endmacro %}

{% macro json_hash(column) -%}{{ return(adapter.dispatch('json_hash', 'spotify')(column)) }}{%- endmacro %}

{% macro duckdb__json_hash(column) -%}md5({{ column }}){%- endmacro %}

{% macro postgres__json_hash(column) -%}md5(cast({{ column }} as text)){%- endmacro %}

{% macro spark__json_hash(column) -%}md5({{ column }}){%- endmacro %}

{% macro json_list(column, paths) -%}{{ return(adapter.dispatch('json_list', 'spotify')(column, paths)) }}{%- endmacro %}

{#- The elements of the array at the first of the paths that has any. Never the whole array as one JSON value: taking
    that apart again costs many times the memory -#}
{% macro duckdb__json_list(column, paths) -%}
    coalesce(
        {% for path in paths -%}
            nullif(json_extract({{ column }}, '{{ json_path(path) }}[*]'), []),
        {% endfor -%}
        []
    )
{%- endmacro %}

{% macro postgres__json_list(column, paths) -%}
    coalesce(
        {% for path in paths -%}
            nullif({{ json_array(column ~ ' #> ' ~ json_keys(path)) }}, '[]'),
        {% endfor -%}
        '[]'
    )
{%- endmacro %}

{% macro json_array(value) -%}case when jsonb_typeof({{ value }}) = 'array' then {{ value }} end{%- endmacro %}

{% macro spark__json_list(column, paths) -%}
    coalesce(
        {% for path in paths -%}
            nullif({{ spark__json_array(json_value(column, path)) }}, array()),
        {% endfor -%}
        array()
    )
{%- endmacro %}

{% macro json_elements(list) -%}{{ return(adapter.dispatch('json_elements', 'spotify')(list)) }}{%- endmacro %}

{% macro duckdb__json_elements(list) -%}
    nullif(unnest({{ list }}), 'null') as element,
    generate_subscripts({{ list }}, 1) as ordinal
{%- endmacro %}

{% macro postgres__json_elements(list) -%}
    nullif(jsonb_array_elements({{ list }}), 'null') as element,
    generate_series(1, jsonb_array_length({{ list }})) as ordinal
{%- endmacro %}

{% macro spark__json_elements(list) -%}
    inline(transform({{ list }}, (element, place) -> struct(element, place + 1 as ordinal)))
{%- endmacro %}

{% macro json_text_at(array, ordinal) -%}
    {{ return(adapter.dispatch('json_text_at', 'spotify')(array, ordinal)) }}
{%- endmacro %}

{% macro duckdb__json_text_at(array, ordinal) -%}
    list_extract(from_json({{ array }}, '["varchar"]'), {{ ordinal }})
{%- endmacro %}

{% macro postgres__json_text_at(array, ordinal) -%}({{ array }} ->> ({{ ordinal }} - 1)) collate "C"{%- endmacro %}

{% macro spark__json_text_at(array, ordinal) -%}
    get({{ spark__json_array(array) }}, {{ ordinal }} - 1)
{%- endmacro %}

{% macro json_length(list) -%}{{ return(adapter.dispatch('json_length', 'spotify')(list)) }}{%- endmacro %}

{% macro duckdb__json_length(list) -%}len({{ list }}){%- endmacro %}

{% macro postgres__json_length(list) -%}jsonb_array_length({{ list }}){%- endmacro %}

{% macro spark__json_length(list) -%}size({{ list }}){%- endmacro %}

{% macro json_answers(asked, body) -%}{{ return(adapter.dispatch('json_answers', 'spotify')(asked, body)) }}{%- endmacro %}

{#- The list of what was answered: under the key that was expected, or the one object itself where none was -#}
{% macro duckdb__json_answers(asked, body) -%}
    case
        when json_extract_string({{ asked }}, '$.items') is null then [{{ body }}]
        else from_json(json_extract({{ body }}, '$."' || json_extract_string({{ asked }}, '$.items') || '"'), '["json"]')
    end
{%- endmacro %}

{% macro postgres__json_answers(asked, body) -%}
    case
        when {{ asked }} ->> 'items' is null then jsonb_build_array({{ body }})
        else {{ json_array(body ~ ' -> (' ~ asked ~ " ->> 'items')") }}
    end
{%- endmacro %}

{% macro spark__json_answers(asked, body) -%}
    case
        when get_json_object({{ asked }}, '$.items') is null then array({{ body }})
        else {{ spark__json_array("get_json_object(" ~ body ~ ", '$.' || get_json_object(" ~ asked ~ ", '$.items'))") }}
    end
{%- endmacro %}

{# Engines differ in how they reach into JSON. A path is a list of keys, never an engine's own path syntax;
   `*` as a key takes every element of an array. #}

{% macro json_value(column, path) -%}{{ return(adapter.dispatch('json_value', 'spotify')(column, path)) }}{%- endmacro %}

{% macro duckdb__json_value(column, path) -%}
    {#- JSON's own null is a value to DuckDB; here it is no value -#}
    nullif(json_extract({{ column }}, '{{ json_path(path) }}'), 'null')
{%- endmacro %}

{% macro json_text(column, path) -%}{{ return(adapter.dispatch('json_text', 'spotify')(column, path)) }}{%- endmacro %}

{% macro duckdb__json_text(column, path) -%}
    {%- if '*' in path -%}
        nullif(array_to_string(json_extract_string({{ column }}, '{{ json_path(path) }}'), ', '), '')
    {%- else -%}
        json_extract_string({{ column }}, '{{ json_path(path) }}')
    {%- endif -%}
{%- endmacro %}

{% macro json_path(path) -%}
    ${% for key in path %}{{ '[*]' if key == '*' else '.' ~ key }}{% endfor %}
{%- endmacro %}

{% macro json_fields(value, names) -%}{{ return(adapter.dispatch('json_fields', 'spotify')(value, names)) }}{%- endmacro %}

{#- Several fields of one object as text, to be taken with json_field: a large object is parsed once, not once a field -#}
{% macro duckdb__json_fields(value, names) -%}
    from_json({{ value }}, '{ {%- for name in names %}"{{ name }}": "VARCHAR"{{ ', ' if not loop.last }}{% endfor -%} }')
{%- endmacro %}

{% macro json_field(fields, name) -%}{{ return(adapter.dispatch('json_field', 'spotify')(fields, name)) }}{%- endmacro %}

{% macro duckdb__json_field(fields, name) -%}struct_extract({{ fields }}, '{{ name }}'){%- endmacro %}

{% macro json_without(column, key) -%}{{ return(adapter.dispatch('json_without', 'spotify')(column, key)) }}{%- endmacro %}

{% macro duckdb__json_without(column, key) -%}json_merge_patch({{ column }}, '{"{{ key }}": null}'){%- endmacro %}

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

{% macro json_elements(list) -%}{{ return(adapter.dispatch('json_elements', 'spotify')(list)) }}{%- endmacro %}

{% macro duckdb__json_elements(list) -%}
    nullif(unnest({{ list }}), 'null') as element,
    generate_subscripts({{ list }}, 1) as ordinal
{%- endmacro %}

{% macro json_text_at(array, ordinal) -%}
    {{ return(adapter.dispatch('json_text_at', 'spotify')(array, ordinal)) }}
{%- endmacro %}

{% macro duckdb__json_text_at(array, ordinal) -%}
    list_extract(from_json({{ array }}, '["varchar"]'), {{ ordinal }})
{%- endmacro %}

{% macro json_length(list) -%}{{ return(adapter.dispatch('json_length', 'spotify')(list)) }}{%- endmacro %}

{% macro duckdb__json_length(list) -%}len({{ list }}){%- endmacro %}

{% macro json_answers(asked, body) -%}{{ return(adapter.dispatch('json_answers', 'spotify')(asked, body)) }}{%- endmacro %}

{#- The list of what was answered: under the key that was expected, or the one object itself where none was -#}
{% macro duckdb__json_answers(asked, body) -%}
    case
        when json_extract_string({{ asked }}, '$.items') is null then [{{ body }}]
        else from_json(json_extract({{ body }}, '$."' || json_extract_string({{ asked }}, '$.items') || '"'), '["json"]')
    end
{%- endmacro %}

{# JSON access of each engine. A path is a list of keys, never an engine's own path syntax; `*` as a key selects every
   element of an array. #}

{% macro json_value(column, path) -%}{{ return(adapter.dispatch('json_value', 'spotify')(column, path)) }}{%- endmacro %}

{% macro duckdb__json_value(column, path) -%}
    {#- DuckDB returns a JSON null as a value; here it becomes null -#}
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
    {#- collation "C" here and in tables built from it: results must not depend on the locale of a database -#}
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
    ${% for key in path %}{{ '[*]' if key == '*' else '[' ~ key ~ ']' if key is number else '.' ~ key }}{% endfor %}
{%- endmacro %}

{% macro json_keys(path) -%}array['{{ path | join("', '") }}']{%- endmacro %}

{% macro json_fields(value, names) -%}{{ return(adapter.dispatch('json_fields', 'spotify')(value, names)) }}{%- endmacro %}

{#- Several fields of one object as text, to be read with json_field: a large object is parsed once, not once per
    field -#}
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

{% macro hash_without(column, key) -%}{{ return(adapter.dispatch('hash_without', 'spotify')(column, key)) }}{%- endmacro %}

{#- A 64-bit hash of an object without one numeric field. It only identifies objects of one track, so each engine may
    use its own fast hash. On DuckDB, the text without the number need not be valid JSON. -#}
{% macro duckdb__hash_without(column, key) -%}
    hash(regexp_replace({{ column }}, '"{{ key }}":[-+.0-9a-zA-Z]*', '', 'g'))
{%- endmacro %}

{% macro postgres__hash_without(column, key) -%}
    hashtextextended(cast({{ postgres__json_without(column, key) }} as text), 0)
{%- endmacro %}

{% macro spark__hash_without(column, key) -%}xxhash64({{ spark__json_without(column, key) }}){%- endmacro %}

{% macro json_first(value, keys) -%}{{ return(adapter.dispatch('json_first', 'spotify')(value, keys)) }}{%- endmacro %}

{#- The value of the first of the keys that has one; the object is parsed once -#}
{% macro duckdb__json_first(value, keys) -%}
    list_filter(json_extract({{ value }}, ['$.{{ keys | join("', '$.") }}']), each -> each <> 'null')[1]
{%- endmacro %}

{% macro postgres__json_first(value, keys) -%}
    coalesce({% for key in keys %}nullif({{ value }} -> '{{ key }}', 'null'){{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}

{% macro spark__json_first(value, keys) -%}
    coalesce({% for key in keys %}get_json_object({{ value }}, '$.{{ key }}'){{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}

{#- Aggregate: the smallest value of a group, as text -#}
{% macro json_min(value) -%}{{ return(adapter.dispatch('json_min', 'spotify')(value)) }}{%- endmacro %}

{% macro default__json_min(value) -%}min({{ value }}){%- endmacro %}

{% macro postgres__json_min(value) -%}cast(min(cast({{ value }} as text) collate "C") as jsonb){%- endmacro %}

{% macro json_has_key(column, key) -%}{{ return(adapter.dispatch('json_has_key', 'spotify')(column, key)) }}{%- endmacro %}

{#- Whether an object has a key. Where JSON is text it is searched, not parsed: an object inside may have the key -#}
{% macro default__json_has_key(column, key) -%}contains({{ column }}, '"{{ key }}"'){%- endmacro %}

{% macro postgres__json_has_key(column, key) -%}
    jsonb_typeof({{ column }}) = 'object' and jsonb_exists({{ column }}, '{{ key }}')
{%- endmacro %}

{% macro json_texts(column, array, key) -%}
    {{ return(adapter.dispatch('json_texts', 'spotify')(column, array, key)) }}
{%- endmacro %}

{#- A field of each object in an array, as an array of texts; null if the object has no such field -#}
{% macro duckdb__json_texts(column, array, key) -%}
    list_transform(json_extract({{ column }}, '$.{{ array }}[*]'), each -> json_extract_string(each, '$.{{ key }}'))
{%- endmacro %}

{% macro postgres__json_texts(column, array, key) -%}
    array(
        select (each.value ->> '{{ key }}') collate "C"
        from jsonb_array_elements(
            case when jsonb_typeof({{ column }} -> '{{ array }}') = 'array' then {{ column }} -> '{{ array }}' end
        ) with ordinality as each (value, place)
        order by each.place
    )
{%- endmacro %}

{% macro spark__json_texts(column, array, key) -%}
    transform(
        {{ spark__json_array(json_value(column, [array])) }}, each -> get_json_object(each, '$.{{ key }}')
    )
{%- endmacro %}

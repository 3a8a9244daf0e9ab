{# The contents of a playlist are stored as parallel arrays, one row a version. #}

{#- Aggregate: the rows of a group that have a position, in its order, for `column_in_order`. DuckDB sorts one list of
    rows, because an ordered aggregate for each column takes four times its memory and processor time. -#}
{% macro rows_in_order(columns, position) -%}
    {{ return(adapter.dispatch('rows_in_order', 'spotify')(columns, position)) }}
{%- endmacro %}

{% macro duckdb__rows_in_order(columns, position) -%}
    list_sort(coalesce(
        list({
            {%- for column in [position] + columns %}'{{ column }}': {{ column }}{{ ', ' if not loop.last }}{% endfor -%}
        }) filter (where {{ position }} is not null),
        []
    )) as rows_in_order
{%- endmacro %}

{% macro postgres__rows_in_order(columns, position) -%}
    {%- for column in columns %}
        array_agg({{ column }} order by {{ position }}) filter (where {{ position }} is not null)
            as {{ column }}_in_order{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{% macro spark__rows_in_order(columns, position) -%}
    array_sort(collect_list(struct({{ ([position] + columns) | join(', ') }})) filter (where {{ position }} is not null))
        as rows_in_order
{%- endmacro %}

{#- A column of `rows_in_order` as an array, of all rows or of those whose `kind` is a given one -#}
{% macro column_in_order(column, kind=none) -%}
    {{ return(adapter.dispatch('column_in_order', 'spotify')(column, kind)) }}
{%- endmacro %}

{% macro duckdb__column_in_order(column, kind) -%}
    list_transform({{ _rows_of_kind('list_filter', kind) }}, each -> each.{{ column }})
{%- endmacro %}

{% macro postgres__column_in_order(column, kind) -%}
    array(
        select each.value
        from unnest({{ column }}_in_order, kind_in_order) with ordinality as each (value, kind, place)
        {% if kind %}where each.kind = '{{ kind }}'{% endif %}
        order by each.place
    )
{%- endmacro %}

{% macro spark__column_in_order(column, kind) -%}
    transform({{ _rows_of_kind('filter', kind) }}, each -> each.{{ column }})
{%- endmacro %}

{% macro _rows_of_kind(filter, kind) -%}
    {%- if kind -%} {{ filter }}(rows_in_order, each -> each.kind = '{{ kind }}') {%- else -%} rows_in_order {%- endif -%}
{%- endmacro %}

{#- A hash of a text column of `rows_in_order` -#}
{% macro hash_in_order(column) -%}
    md5({{ adapter.dispatch('joined', 'spotify')(column_in_order(column)) }})
{%- endmacro %}

{% macro default__joined(texts) -%}array_to_string({{ texts }}, ','){%- endmacro %}

{% macro spark__joined(texts) -%}array_join({{ texts }}, ','){%- endmacro %}

{#- In the select list: unnests parallel arrays, {name of a column: array}, with the position from 1 if it has a name -#}
{% macro unnested(arrays, ordinal=none) -%}
    {{ return(adapter.dispatch('unnested', 'spotify')(arrays, ordinal)) }}
{%- endmacro %}

{% macro default__unnested(arrays, ordinal) -%}
    {%- for name, array in arrays.items() %}
        unnest({{ array }}) as {{ name }}{{ ',' if not loop.last or ordinal }}
    {%- endfor %}
    {%- if ordinal %}
        generate_subscripts({{ arrays.values() | first }}, 1) as {{ ordinal }}
    {%- endif %}
{%- endmacro %}

{% macro spark__unnested(arrays, ordinal) -%}
    inline(transform(
        {{ arrays.values() | first }},
        (each, place) -> struct(
            {%- for name, array in arrays.items() %}
                get({{ array }}, place) as {{ name }}{{ ',' if not loop.last or ordinal }}
            {%- endfor %}
            {%- if ordinal %}
                place + 1 as {{ ordinal }}
            {%- endif %}
        )
    ))
{%- endmacro %}

{% macro array_length(array) -%}{{ return(adapter.dispatch('array_length', 'spotify')(array)) }}{%- endmacro %}

{% macro duckdb__array_length(array) -%}len({{ array }}){%- endmacro %}

{% macro postgres__array_length(array) -%}cardinality({{ array }}){%- endmacro %}

{% macro spark__array_length(array) -%}size({{ array }}){%- endmacro %}

{#- The first position of a value in an array, from 1; null if it is not there -#}
{% macro array_position(array, value) -%}
    {{ return(adapter.dispatch('array_position', 'spotify')(array, value)) }}
{%- endmacro %}

{% macro default__array_position(array, value) -%}
    cast(nullif(array_position({{ array }}, {{ value }}), 0) as integer)
{%- endmacro %}

{#- Aggregate: the value of the row with the greatest keys, which are not null -#}
{% macro value_of_greatest(value, keys) -%}
    {{ return(adapter.dispatch('value_of_greatest', 'spotify')(value, keys)) }}
{%- endmacro %}

{% macro duckdb__value_of_greatest(value, keys) -%}
    arg_max({{ value }}, row({{ keys | join(', ') }}))
        filter (where {{ keys | join(' is not null and ') }} is not null and {{ value }} is not null)
{%- endmacro %}

{% macro postgres__value_of_greatest(value, keys) -%}
    (array_agg({{ value }} order by {{ keys | join(' desc, ') }} desc)
        filter (where {{ keys | join(' is not null and ') }} is not null and {{ value }} is not null))[1]
{%- endmacro %}

{% macro spark__value_of_greatest(value, keys) -%}
    max_by({{ value }}, struct({{ keys | join(', ') }}))
        filter (where {{ keys | join(' is not null and ') }} is not null and {{ value }} is not null)
{%- endmacro %}

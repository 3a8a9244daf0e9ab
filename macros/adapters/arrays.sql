{# The contents of a playlist are stored as parallel arrays, one row a version. #}

{#- Aggregate: the values of a group ordered by position; an empty array if there are no positions -#}
{% macro array_in_order(value, position, data_type) -%}
    {{ return(adapter.dispatch('array_in_order', 'spotify')(value, position, data_type)) }}
{%- endmacro %}

{% macro duckdb__array_in_order(value, position, data_type) -%}
    coalesce(list({{ value }} order by {{ position }}) filter (where {{ position }} is not null), [])
{%- endmacro %}

{% macro postgres__array_in_order(value, position, data_type) -%}
    coalesce(
        array_agg({{ value }} order by {{ position }}) filter (where {{ position }} is not null),
        cast(array[] as {{ data_type }}[])
    )
{%- endmacro %}

{% macro spark__array_in_order(value, position, data_type) -%}
    transform(
        array_sort(collect_list(struct({{ position }} as place, {{ value }} as value))
            filter (where {{ position }} is not null)),
        each -> each.value
    )
{%- endmacro %}

{#- Aggregate: a hash of the texts of a group ordered by position -#}
{% macro hash_in_order(value, position) -%}
    {{ return(adapter.dispatch('hash_in_order', 'spotify')(value, position)) }}
{%- endmacro %}

{% macro default__hash_in_order(value, position) -%}
    md5(coalesce(string_agg({{ value }}, ',' order by {{ position }}) filter (where {{ position }} is not null), ''))
{%- endmacro %}

{% macro spark__hash_in_order(value, position) -%}
    md5(array_join({{ spark__array_in_order(value, position, 'string') }}, ','))
{%- endmacro %}

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

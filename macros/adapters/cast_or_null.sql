{# A value of the wrong type in an answer becomes null, never an error that fails the build. #}

{% macro cast_or_null(text, data_type) -%}
    {{ return(adapter.dispatch('cast_or_null', 'spotify')(text, data_type)) }}
{%- endmacro %}

{% macro duckdb__cast_or_null(text, data_type) -%}try_cast({{ text }} as {{ data_type }}){%- endmacro %}

{% macro postgres__cast_or_null(text, data_type) -%}
    staging.cast_or_null({{ text }}, cast(null as {{ data_type }}))
{%- endmacro %}

{% macro spark__cast_or_null(text, data_type) -%}try_cast({{ text }} as {{ data_type }}){%- endmacro %}

{% macro create_functions() -%}{{ return(adapter.dispatch('create_functions', 'spotify')()) }}{%- endmacro %}

{% macro default__create_functions() -%}{%- endmacro %}

{% macro postgres__create_functions() -%}
    {#- before version 16 there is no other way to test whether a text can be cast to a type -#}
    create schema if not exists staging;
    create or replace function staging.cast_or_null(text, of_type anyelement) returns anyelement
    language plpgsql stable as $$
    begin
        of_type := $1;
        return of_type;
    exception when data_exception then
        return null;
    end
    $$;
    {{ postgres__create_check_lock() }};
{%- endmacro %}

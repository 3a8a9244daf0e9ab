{# What an entry of a playlist, or an answer for a track, says about a track: in one place, for the model that
   identifies a description by its hash and the one that stores its text. #}

{% macro content_of_entry(entry) -%}
    {#- API drift is handled here: an entry's content is its `item`, or its `track`, or both -#}
    {{ json_first(entry, ['item', 'track']) }}
{%- endmacro %}

{% macro description_of(content) -%}
    {{ json_without(content, 'popularity') }}
{%- endmacro %}

{% macro popularity_or_null(text) -%}
    {#- what is no number from 0 to 100 is none: one wrong value must not stop a build -#}
    {%- set number = cast_or_null(text, 'integer') -%}
    case when {{ number }} between 0 and 100 then {{ number }} end
{%- endmacro %}

{% macro is_blank(name, duration) -%}
    {#- Spotify at times answers for a track it knows without anything that describes it -#}
    coalesce({{ name }}, '') = '' and coalesce({{ duration }}, '0') = '0'
{%- endmacro %}

{% macro description_rank(weight) -%}
    {#- of the weights of int_track_days: live, imported, live and blank, imported and blank -#}
    case {{ weight }} when 1 then 3 when -1 then 2 when 0 then 1 when -2 then 0 end
{%- endmacro %}

{% macro description_hash(content) -%}
    {{ hash_without(content, 'popularity') }}
{%- endmacro %}

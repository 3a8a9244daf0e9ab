{# What an entry of a playlist, or an answer for a track, says of a track: in one place, for the model that recognizes a
   description by its hash and the one that keeps its text. #}

{% macro content_of_entry(entry) -%}
    {#- API drift ends here: an entry's content is its `item`, or its `track`, or both -#}
    {{ json_first(entry, ['item', 'track']) }}
{%- endmacro %}

{% macro description_of(content) -%}
    {{ json_without(content, 'popularity') }}
{%- endmacro %}

{% macro description_hash(content) -%}
    {{ hash_without(content, 'popularity') }}
{%- endmacro %}

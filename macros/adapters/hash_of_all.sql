{# One hash of all values of a group, in whatever order they come: nothing is sorted, nothing is held in memory. #}

{% macro hash_of_all(text) -%}{{ return(adapter.dispatch('hash_of_all', 'spotify')(text)) }}{%- endmacro %}

{% macro duckdb__hash_of_all(text) -%}
    md5(concat_ws(' ', sum(md5_number_lower({{ text }})), sum(md5_number_upper({{ text }}))))
{%- endmacro %}

{% macro postgres__hash_of_all(text) -%}
    md5(concat_ws(
        ' ',
        sum(cast(cast('x' || left(md5({{ text }}), 16) as bit(64)) as bigint)),
        sum(cast(cast('x' || right(md5({{ text }}), 16) as bit(64)) as bigint))
    ))
{%- endmacro %}

{% macro spark__hash_of_all(text) -%}
    md5(concat_ws(' '
        {%- for first in [1, 17] -%}
            , sum(cast(conv(substring(md5({{ text }}), {{ first }}, 16), 16, 10) as decimal(20, 0)))
        {%- endfor -%}
    ))
{%- endmacro %}

{# Names of relations. A view must not contain the name of its database: the published copy has another name. #}

{% macro ref() -%}
    {%- set relation = builtins.ref(*varargs, **kwargs) -%}
    {{ return(relation if relation.is_cte else relation.include(database=false)) }}
{%- endmacro %}

{# On Spark, for `./run.sh publish`: the marts as immutable tables, and schema `spotify` with views of them and the
   functions of functions/*.spark.sql. Views are replaced one by one: for a moment some may show today's rows and others
   yesterday's. #}

{% macro publish_marts(publication, functions, outdated) -%}
    {%- set marts = graph.nodes.values() | selectattr('resource_type', 'equalto', 'model')
        | selectattr('schema', 'equalto', target.schema) | list -%}
    {%- do run_query('create schema ' ~ publication) -%}
    {%- for mart in marts -%}
        {%- do run_query('create table ' ~ publication ~ '.' ~ mart.name ~ ' as select * from ' ~ mart.relation_name) -%}
    {%- endfor -%}
    {%- do run_query('create schema if not exists spotify') -%}
    {%- for statement in published_views(marts, publication) + functions -%}
        {%- do run_query(statement) -%}
    {%- endfor -%}
    {%- for schema in outdated -%}
        {%- do run_query('drop schema if exists ' ~ schema ~ ' cascade') -%}
    {%- endfor -%}
{%- endmacro %}

{% macro published_views(marts, publication) -%}
    {%- set statements = [] -%}
    {%- for mart in marts -%}
        {%- set statement -%}
            create or replace view spotify.{{ mart.name }} (
                {{ get_persist_docs_column_list(mart.columns, mart.columns) }}
            )
            comment '{{ mart.description | replace("'", "\\'") }}'
            as select {{ mart.columns | join(', ') }} from {{ publication }}.{{ mart.name }}
        {%- endset -%}
        {%- do statements.append(statement) -%}
    {%- endfor -%}
    {{ return(statements) }}
{%- endmacro %}

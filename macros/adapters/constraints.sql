{# What a contract says of values: DuckDB and PostgreSQL refuse a row that breaks it. Spark's tables of Parquet files accept
   any row: there, they are looked for. #}

{% macro spark__persist_constraints(relation, model) -%}
    {#- dbt's own seam, after each model with rows of its own -#}
    {%- set broken = [] -%}
    {%- for column in model.columns.values() if config.get('contract').enforced -%}
        {%- for constraint in column.constraints -%}
            {%- if constraint.type == 'not_null' -%}
                {%- do broken.append(column.name ~ ' is null') -%}
            {%- elif constraint.type == 'check' -%}
                {%- do broken.append('not (' ~ constraint.expression ~ ')') -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if broken -%}
        {%- set rows = run_query(
            'select count(*) from ' ~ relation ~ ' where ' ~ broken | join(' or ')
        ).columns[0].values()[0] -%}
        {%- if rows > 0 -%}
            {{ exceptions.raise_compiler_error(relation ~ ': ' ~ rows ~ ' rows of which one of these is true: '
                ~ broken | join(', ')) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

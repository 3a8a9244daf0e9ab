{# Constraints of a contract: DuckDB and PostgreSQL refuse rows that violate them. Spark's tables of Parquet files
   accept any row, so there a query checks them. #}

{% macro spark__persist_constraints(relation, model) -%}
    {#- overrides dbt's macro, which runs after each model that has rows -#}
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

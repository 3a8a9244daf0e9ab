{# On every start of dbt, so that a full refresh typed by hand is covered, too. Marts are made from intermediate
   tables, not from raw: they alone may always be made anew. Those of answers_of ask for themselves. #}

{% macro refuse_to_forget() -%}
    {%- set from_raw = [] -%}
    {%- for resource in selected_resources if '.int_' in resource -%}
        {%- do from_raw.append(resource) -%}
    {%- endfor -%}
    {%- if from_raw -%}
        {{ refuse_refresh_after_purge() }}
    {%- endif -%}
{%- endmacro %}

{% macro refuse_refresh_after_purge() -%}
    {%- set purged = adapter.get_relation(target.database, 'raw', 'purged') if execute and flags.FULL_REFRESH -%}
    {%- if purged and not var('forget_purged', false) -%}
        {%- set rows = run_query('select max(before_day), sum(answers) from ' ~ purged).rows -%}
        {%- if rows[0][0] -%}
            {{ exceptions.raise_compiler_error(
                'a full refresh would lose history: ' ~ rows[0][1] ~ ' raw answers of days before ' ~ rows[0][0]
                ~ ' were purged, and only the tables know what was in them. Build without --full-refresh; or, to go on'
                ~ ' without those days, ./run.sh build --full-refresh --forget-purged'
            ) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

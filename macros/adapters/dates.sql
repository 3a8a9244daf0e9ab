{# Times arrive as ISO 8601 text and are stored in UTC; what can't be parsed becomes null, never an error. #}

{% macro utc_timestamp(text) -%}{{ return(adapter.dispatch('utc_timestamp', 'spotify')(text)) }}{%- endmacro %}

{% macro duckdb__utc_timestamp(text) -%}
    {#- a plain cast to timestamp would drop an offset instead of applying it; must start with a digit: DuckDB also
        accepts `-infinity` and `epoch` -#}
    timezone('UTC', try_cast(case when {{ text }} between '0' and ':' then {{ text }} end as timestamptz))
{%- endmacro %}

{% macro postgres__utc_timestamp(text) -%}
    {#- must start with a year: PostgreSQL also accepts words such as `now` -#}
    timezone('UTC', {{ cast_or_null("substring(" ~ text ~ " from '^\\d{4}-.*')", 'timestamptz') }})
{%- endmacro %}

{% macro spark__utc_timestamp(text) -%}
    {#- cast to a timestamp with time zone first, as the session is in UTC: a direct cast would drop an offset -#}
    cast(try_cast({{ text }} as timestamp_ltz) as timestamp_ntz)
{%- endmacro %}

{% macro partial_date(text) -%}{{ return(adapter.dispatch('partial_date', 'spotify')(text)) }}{%- endmacro %}

{% macro duckdb__partial_date(text) -%}
    {#- 2004, 2004-05 and 2004-05-06 are valid release dates; 0000 is not -#}
    try_cast(nullif(left({{ text }}, 4), '0000') || rpad(substring({{ text }}, 5), 6, '-01') as date)
{%- endmacro %}

{% macro postgres__partial_date(text) -%}
    {{ cast_or_null("nullif(left(" ~ text ~ ", 4), '0000') || rpad(substring(" ~ text ~ ", 5), 6, '-01')", 'date') }}
{%- endmacro %}

{% macro spark__partial_date(text) -%}{{ duckdb__partial_date(text) }}{%- endmacro %}

{% macro calendar(first_day, last_day) -%}
    {{ return(adapter.dispatch('calendar', 'spotify')(first_day, last_day)) }}
{%- endmacro %}

{% macro duckdb__calendar(first_day, last_day) -%}
    cast(unnest(generate_series({{ first_day }}, {{ last_day }}, interval 1 day)) as date)
{%- endmacro %}

{% macro postgres__calendar(first_day, last_day) -%}
    {{ first_day }} + generate_series(0, {{ last_day }} - {{ first_day }})
{%- endmacro %}

{% macro spark__calendar(first_day, last_day) -%}
    explode(case when {{ first_day }} <= {{ last_day }} then sequence({{ first_day }}, {{ last_day }}) end)
{%- endmacro %}

{% macro days_between(first_day, last_day) -%}
    {{ return(adapter.dispatch('days_between', 'spotify')(first_day, last_day)) }}
{%- endmacro %}

{% macro default__days_between(first_day, last_day) -%}cast({{ last_day }} - {{ first_day }} as integer){%- endmacro %}

{% macro spark__days_between(first_day, last_day) -%}datediff({{ last_day }}, {{ first_day }}){%- endmacro %}

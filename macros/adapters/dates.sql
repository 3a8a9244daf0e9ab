{# Times come as ISO 8601 text and are kept in UTC; what does not parse becomes null, never an error. #}

{% macro utc_timestamp(text) -%}{{ return(adapter.dispatch('utc_timestamp', 'spotify')(text)) }}{%- endmacro %}

{% macro duckdb__utc_timestamp(text) -%}
    {#- a plain cast to timestamp would drop an offset instead of applying it -#}
    timezone('UTC', try_cast({{ text }} as timestamptz))
{%- endmacro %}

{% macro postgres__utc_timestamp(text) -%}
    {#- beginning with a year: `now` is a time to PostgreSQL, too -#}
    timezone('UTC', {{ cast_or_null("substring(" ~ text ~ " from '^\\d{4}-.*')", 'timestamptz') }})
{%- endmacro %}

{% macro spark__utc_timestamp(text) -%}
    {#- by way of an instant, as the session is in UTC: a cast to a time without zone would drop an offset -#}
    cast(try_cast({{ text }} as timestamp_ltz) as timestamp_ntz)
{%- endmacro %}

{% macro partial_date(text) -%}{{ return(adapter.dispatch('partial_date', 'spotify')(text)) }}{%- endmacro %}

{% macro duckdb__partial_date(text) -%}
    {#- 2004, 2004-05 and 2004-05-06 are all release dates; 0000 is none -#}
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

{# A mart of an endpoint that config.yaml adds: a model of one line. Its columns are the key, those that its properties
   give a path, and observed_at. #}

{% macro answers_of(endpoint, key) -%}
    {{ config(
        materialized=changing(), incremental_strategy='delete+insert', unique_key=key, on_schema_change='fail',
        post_hook='{{ remember_build() }}',
    ) }}
    {{ refuse_refresh_after_purge() }}
    with answered as ({{ answered_objects(raw_answers(endpoint)) }}),
    latest as (select * from ({{ latest_first('answered') }}) as ordered where place = 1),
    final as ({{ mapped_answers('latest', key) }})
    select * from final
    {% if is_incremental() -%}
        where {{ key }} not in (
            select known.{{ key }} from {{ this }} as known where known.observed_at >= final.observed_at)
    {%- endif %}
{%- endmacro %}

{% macro answered_objects(answers) -%}
    {#- by position: a relinked track, for one, answers with another id than was asked for -#}
    select
        {{ json_text_at(json_value('asked', ['ids']), 'ordinal') }} as asked_id,
        run_id,
        day,
        element,
        observed_at,
        load_number
    from (
        select *, {{ json_elements(json_answers('asked', 'body')) }}
        from {{ answers }}
        where
            status = 200
            and {{ json_length(json_answers('asked', 'body')) }} = {{ json_length(json_list('asked', [['ids']])) }}
    ) as elements
    where element is not null
{%- endmacro %}

{% macro latest_first(answered) -%}
    select
        *,
        row_number() over (partition by asked_id order by observed_at desc, element asc) as place
    from {{ answered }}
    where load_number > {{ last_load_built() }}
{%- endmacro %}

{% macro mapped_answers(answered, key) -%}
    select
        asked_id as {{ key }},
        {% for column in mapped_columns(model.columns) -%}
            {{ mapped_value('element', column) }} as {{ column.name }},
        {% endfor -%}
        observed_at
    from {{ answered }}
{%- endmacro %}

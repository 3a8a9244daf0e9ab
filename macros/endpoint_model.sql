{# A mart for an endpoint that config.yaml adds: its model is a single line. Its columns are the key, those whose
   properties give a path, and observed_at. It is built directly from answers, so a refresh after a purge keeps it. #}

{% macro endpoint_model(endpoint, key) -%}
    {{ config(unique_key=key, on_schema_change='fail', meta={'is_fact': true}, **replaced_by_key()) }}
    with answered as (
        select
            asked_id,
            object,
            observed_at,
            row_number() over (partition by asked_id order by observed_at desc, object asc) as latest_rank
        from {{ source('raw', 'answered_objects') }}
        where
            endpoint = '{{ endpoint }}'
            and object is not null
            and {{ is_new_answer() }}
    ),

    latest as (
        select * from answered
        where latest_rank = 1
        {% if is_incremental() -%}
            and asked_id not in (
                select known.{{ key }} from {{ this }} as known where known.observed_at >= answered.observed_at)
        {%- endif %}
    ),

    final as (
        select
            asked_id as {{ key }},
            {% for column in mapped_columns(model.columns) -%}
                {{ mapped_value('object', column) }} as {{ column.name }},
            {% endfor -%}
            observed_at
        from latest
    )

    select * from final
{%- endmacro %}

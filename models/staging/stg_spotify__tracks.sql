-- Answers are matched to the ids asked for by position: a relinked track answers with another id than its own.
with source as (

    select * from {{ source('raw', 'tracks') }}

),

elements as (

    select
        *,
        {{ json_elements(json_list('body', [['tracks']])) }}
    from source
    where
        status = 200
        and {{ json_length(json_list('body', [['tracks']])) }} = {{ json_length(json_list('asked', [['ids']])) }}

),

final as (

    select
        {{ json_text_at(json_value('asked', ['ids']), 'ordinal') }} as track_id,
        day,
        run_id,
        {{ cast_or_null(json_text('element', ['popularity']), 'integer') }} as popularity,
        {{ json_without('element', 'popularity') }} as description,
        observed_at,
        load_number
    from elements
    where element is not null

)

select * from final

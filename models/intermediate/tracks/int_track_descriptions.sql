-- Fact: each distinct description of a track as JSON, without popularity. The text is read only for new descriptions.
with entries as (select * from {{ ref('int_playlist_entries_unpacked') }}),

answers as (select * from {{ ref('int_track_answers_unpacked') }}),

landed_entries as (
    select * from {{ ref('stg_spotify__playlist_entries') }}
    where {{ is_new_answer() }}
),

landed_tracks as (
    select * from {{ ref('stg_spotify__tracks') }}
    where {{ is_new_answer() }}
),

seen as (
    select
        description_hash,
        run_id,
        line,
        position,
        track_id,
        load_number
    from entries
    where
        description_hash is not null
        and {{ is_new_answer() }}

    union all

    select
        description_hash,
        run_id,
        line,
        null as position,
        track_id,
        load_number
    from answers
),

unknown as (
    select
        *,
        row_number() over (
            partition by track_id, description_hash order by load_number, run_id, line, position
        ) as place_rank
    from seen
    {% if is_incremental() -%}
        where not exists (
            select 1 from {{ this }} as known
            where known.track_id = seen.track_id and known.description_hash = seen.description_hash
        )
    {%- endif %}
),

places as (
    select * from unknown
    where place_rank = 1
),

contents as (
    select
        places.track_id,
        places.description_hash,
        places.load_number,
        {{ content_of_entry('landed_entries.entry') }} as content
    from places
    inner join landed_entries
        on
            places.run_id = landed_entries.run_id
            and places.line = landed_entries.line
            and places.position = landed_entries.position

    union all

    select
        places.track_id,
        places.description_hash,
        places.load_number,
        landed_tracks.object as content
    from places
    inner join landed_tracks
        on
            places.run_id = landed_tracks.run_id
            and places.line = landed_tracks.line
            and places.track_id = landed_tracks.track_id
    where places.position is null
),

final as (
    select
        track_id,
        description_hash,
        {{ json_min(description_of('content')) }} as description,
        min(load_number) as load_number
    from contents
    group by track_id, description_hash
)

select * from final

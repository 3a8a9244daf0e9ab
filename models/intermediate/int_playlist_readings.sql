{{ config(
    post_hook='{{ remember_build() }}',
) }}

-- Every sight of a track in a list: its popularity, and which version of its description came with it.
with entries as (select * from {{ ref('int_new_entries') }}),

final as (
    select distinct
        spotify_id as track_id,
        day,
        run_id,
        popularity,
        description_hash,
        observed_at,
        load_number
    from entries
    where
        kind = 'track'
        and load_number > {{ last_load_built() }}
)

select * from final

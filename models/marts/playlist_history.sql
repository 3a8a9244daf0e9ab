{{ config(unique_key='playlist_id') }}
{%- set described = {
    'playlist_name': 'name', 'description': 'description', 'owner_id': 'owner_id', 'owner_name': 'owner_name',
    'is_public': 'is_public', 'is_collaborative': 'is_collaborative', 'image_url': 'image_url'
} %}

-- Of the reads of a day the latest live one counts, then the latest imported one. Rewrites playlists of which a new
-- read differs from the version of its day. All other rows are kept.
with reads as {{ not_materialized() }} (
    select * from {{ ref('int_playlist_reads') }}
    where
        name is not null
        or owner_id is not null
),

{% if is_incremental() -%}
    known as (select * from {{ this }}),
{%- else -%}
    known as (
        select
            playlist_id,
            {% for name, value in described.items() -%}
                {{ value }}{{ ' as ' ~ name if name != value }},
            {% endfor -%}
            day as valid_from,
            day as valid_to
        from reads
        where false
    ),
{%- endif %}

changed_playlists as (
    select distinct reads.playlist_id
    from reads
    left join known
        on
            reads.playlist_id = known.playlist_id
            and reads.day >= known.valid_from
            and reads.day <= coalesce(known.valid_to, reads.day)
    where
        {{ is_new_fact('reads.load_number') }}
        and (
            known.playlist_id is null
            {% for name, value in described.items() -%}
                or reads.{{ value }} is distinct from known.{{ name }}
            {% endfor %}
        )
),

ranked as (
    select
        reads.*,
        row_number() over (
            partition by reads.playlist_id, reads.day
            order by
                case when reads.source is null then 1 else 2 end asc,
                reads.observed_at desc,
                reads.run_id desc,
                reads.attempt desc
        ) as latest_rank
    from reads
    inner join changed_playlists on reads.playlist_id = changed_playlists.playlist_id
),

compared as (
    select
        *,
        case
            when lag(day) over by_playlist is null then true
            {% for value in described.values() -%}
                when ({{ value }} is distinct from lag({{ value }}) over by_playlist) then true
            {% endfor -%}
            else false
        end as is_new_version
    from ranked
    where latest_rank = 1
    window by_playlist as (partition by playlist_id order by day)
),

final as (
    select
        playlist_id,
        {% for name, value in described.items() -%}
            {{ value }}{{ ' as ' ~ name if name != value }},
        {% endfor -%}
        day as valid_from,
        lead(day) over (partition by playlist_id order by day) - 1 as valid_to
    from compared
    where is_new_version
)

select * from final

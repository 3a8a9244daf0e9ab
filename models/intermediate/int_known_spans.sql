-- The last known span of each list whose days go on: the one that a day more may belong to.
{% set spans = state_of('int_read_spans', {
    'playlist_id': 'varchar', 'span_number': 'integer', 'content_hash': 'varchar', 'first_day': 'date',
    'last_day': 'date', 'first_usable_number': 'integer', 'last_usable_day_before': 'date', 'load_number': 'integer'
}) %}

with spans as (
    select * from {{ spans }} as state
),

read_changes as (select * from {{ ref('int_read_changes') }}),

ranked as (
    select
        spans.*,
        row_number() over (partition by spans.playlist_id order by spans.span_number desc) as latest_first
    from spans
    inner join read_changes on spans.playlist_id = read_changes.playlist_id
    where not read_changes.is_rebuilt
),

final as (
    select * from ranked
    where latest_first = 1
)

select * from final

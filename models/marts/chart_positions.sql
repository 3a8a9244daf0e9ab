{{ config(unique_key='date') }}

-- Fact: the positions of imported charts. Of several reads of a chart on a day one counts: complete before partial,
-- then the latest. Days with new reads are replaced.
with reads as (
    select * from {{ ref('int_playlist_reads') }}
    where
        kind = 'chart'
        and outcome in ('complete', 'partial')
),

entries as (select * from {{ ref('int_playlist_entries_unpacked') }}),

new_days as (
    select distinct day
    from reads
    where {{ is_new_answer() }}
),

ranked as (
    select
        *,
        {{ is_new_answer() }} as is_new,
        row_number() over (
            partition by playlist_id, day
            order by
                case outcome when 'complete' then 1 else 2 end asc,
                observed_at desc,
                run_id desc,
                attempt desc
        ) as best_rank
    from reads
    where day in (select new_days.day from new_days)
),

new_reads as (
    select * from ranked
    where
        best_rank = 1
        and is_new
),

positions as (
    select
        new_reads.playlist_id,
        new_reads.day as date,
        entries.track_id,
        entries.chart_rank as rank,
        entries.chart_streams as streams,
        row_number() over (
            partition by new_reads.playlist_id, new_reads.day, entries.chart_rank order by entries.position
        ) as place_of_rank
    from new_reads
    inner join entries
        on
            new_reads.playlist_id = entries.playlist_id
            and new_reads.run_id = entries.run_id
            and new_reads.attempt = entries.attempt
    where
        entries.track_id is not null
        and entries.chart_rank is not null
),

final as (
    select
        playlist_id,
        date,
        track_id,
        rank,
        streams
    from positions
    where place_of_rank = 1

    {% if is_incremental() -%}
        union all

        select
            standing.playlist_id,
            standing.date,
            standing.track_id,
            standing.rank,
            standing.streams
        from {{ this }} as standing
        left join new_reads
            on
                standing.playlist_id = new_reads.playlist_id
                and standing.date = new_reads.day
        where
            standing.date in (select new_reads.day from new_reads)
            and new_reads.playlist_id is null
    {%- endif %}
)

select * from final

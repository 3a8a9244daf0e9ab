-- The result of lift_of_adds if change_kind is added, and of lift_of_removals if it is removed: see there.
create function lift_of(change_kind text, window_days integer default 14)
returns table (
    playlist_id varchar, playlist_name varchar, events integer, events_left_out integer,
    mean_change double precision, mean_control_change double precision, lift double precision,
    lift_before double precision, events_before integer, share_observed double precision, contaminated integer,
    zeros integer, controls_median integer
)
as
with asked as (
    select
        case
            when change_kind in ('added', 'removed') then change_kind
            else error('change_kind must be added or removed, not ' || coalesce(change_kind, 'null'))
        end as kind_asked,
        case
            when cast(window_days as integer) >= 1 then cast(window_days as integer)
            else cast(
                error('window_days must be 1 or more, not ' || coalesce(cast(window_days as varchar), 'null'))
                as integer
            )
        end as days_a_side
),

changes as (
    select
        playlist_id,
        track_id,
        first_seen as date,
        'added' as kind
    from tracks_in_playlist
    where not starts_before_watch

    union all

    -- no event, as no read precedes it
    select
        playlist_id,
        track_id,
        added_at as date,
        'claimed' as kind
    from tracks_in_playlist
    where starts_before_watch and added_at_source = 'claimed'

    union all

    select
        playlist_id,
        track_id,
        first_absent as date,
        'removed' as kind
    from tracks_in_playlist
    where is_ended
),

events as (
    select
        changes.playlist_id,
        changes.track_id,
        changes.date,
        asked.days_a_side
    from changes
    inner join asked on changes.kind = asked.kind_asked
),

timeline as (
    select
        track_id,
        date,
        nullif(popularity, 0) as known,
        case when popularity = 0 then 1 else 0 end as zeros,
        0 as changes
    from track_daily_popularity

    union all

    select
        track_id,
        date,
        null as known,
        0 as zeros,
        1 as changes
    from changes
),

-- of these rows those of days with events and a value count
windows as (
    select
        track_id,
        date,
        known,
        cast(avg(known) over days_before as double precision) as mean_before,
        cast(avg(known) over days_after as double precision) as mean_after,
        cast(avg(known) over days_earlier as double precision) as mean_earlier,
        count(known) over days_around - 1 as values_around,
        sum(zeros) over days_around as zeros_around,
        sum(changes) over days_around as changes_around
    from timeline
    window
        days_before as (
            partition by track_id order by date - date '2000-01-01'
            range between greatest(cast(window_days as integer), 1) preceding and 1 preceding  -- noqa: PRS
        ),
        days_after as (
            partition by track_id order by date - date '2000-01-01'
            range between 1 following and greatest(cast(window_days as integer), 1) following  -- noqa: PRS
        ),
        days_earlier as (
            partition by track_id order by date - date '2000-01-01'
            range between 2 * greatest(cast(window_days as integer), 1) preceding  -- noqa: PRS
            and 1 + greatest(cast(window_days as integer), 1) preceding
        ),
        days_around as (
            partition by track_id order by date - date '2000-01-01'
            range between greatest(cast(window_days as integer), 1) preceding  -- noqa: PRS
            and greatest(cast(window_days as integer), 1) following
        )
),

ranked as (
    select
        windows.*,
        windows.date - track_info.release_date as age,
        track_info.release_date_precision,
        rank() over (partition by windows.date order by windows.known) as popularity_rank,
        count(*) over (partition by windows.date) as tracks
    from windows
    left join track_info on windows.track_id = track_info.track_id
    where windows.known is not null and windows.date in (select events.date from events)
),

-- tracks of the same popularity are in the same decile
banded as (
    select
        *,
        floor(10 * cast(popularity_rank - 1 as double precision) / tracks) as decile,
        case
            when release_date_precision is null or release_date_precision <> 'day' or age < 0 then 4
            when age < 28 then 0
            when age < 180 then 1
            when age < 548 then 2
            else 3
        end as age_band,
        mean_after - mean_before as change,
        mean_before - mean_earlier as change_before
    from ranked
),

controls as (
    select
        date,
        decile,
        age_band,
        count(*) as tracks,
        avg(change) as change,
        avg(change_before) as change_before
    from banded
    where changes_around = 0 and change is not null
    group by date, decile, age_band
),

compared as (
    select
        events.playlist_id,
        controls.tracks,
        banded.change,
        controls.change as control_change,
        banded.change - controls.change as lift,
        banded.change_before - controls.change_before as lift_before,
        cast(banded.values_around as double precision) / (2 * events.days_a_side) as share_observed,
        banded.zeros_around as zeros,
        banded.changes_around > 1 as is_contaminated,
        banded.change is not null and controls.tracks is not null as is_used
    from events
    left join banded on events.track_id = banded.track_id and events.date = banded.date
    left join controls
        on
            banded.date = controls.date
            and banded.decile = controls.decile
            and banded.age_band = controls.age_band
),

lifts as (
    select
        playlist_id,
        count(*) filter (where is_used) as events,
        count(*) filter (where not is_used) as events_left_out,
        avg(change) filter (where is_used) as mean_change,
        avg(control_change) filter (where is_used) as mean_control_change,
        avg(lift) filter (where is_used) as lift,
        avg(lift_before) filter (where is_used) as lift_before,
        count(lift_before) filter (where is_used) as events_before,
        avg(share_observed) filter (where is_used) as share_observed,
        count(*) filter (where is_used and is_contaminated) as contaminated,
        coalesce(sum(zeros) filter (where is_used), 0) as zeros,
        percentile_disc(0.5) within group (order by case when is_used then tracks end) as controls_median
    from compared
    group by rollup(playlist_id)
    having count(*) > 0
)

select
    lifts.playlist_id,
    playlists.playlist_name,
    lifts.events,
    lifts.events_left_out,
    round(cast(lifts.mean_change as decimal(18, 9)), 4) as mean_change,
    round(cast(lifts.mean_control_change as decimal(18, 9)), 4) as mean_control_change,
    round(cast(lifts.lift as decimal(18, 9)), 4) as lift,
    round(cast(lifts.lift_before as decimal(18, 9)), 4) as lift_before,
    lifts.events_before,
    round(cast(lifts.share_observed as decimal(18, 9)), 4) as share_observed,
    lifts.contaminated,
    lifts.zeros,
    lifts.controls_median
from lifts
left join playlists on lifts.playlist_id = playlists.playlist_id
order by lifts.playlist_id is not null, lifts.playlist_id;

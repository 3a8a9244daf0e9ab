-- How long tracks stay in a playlist, or in all playlists if none is given: the Kaplan-Meier estimate of the share of
-- stays that last longer than age_days days from added_at. One row per age at which stays ended, and for age 0. A track
-- left after last_seen and no later than first_absent: survival has it leave on first_absent (the upper bound),
-- survival_min on the day after last_seen (the lower bound; where stays enter late or are censored, the two may cross
-- by a little). A stay without a proven end is censored at the last usable day of its playlist. A stay that began
-- before the watch counts from the age at which it was first seen if its start is claimed (delayed entry); otherwise it
-- is left out. stays and stays_left_out are the numbers of these. at_risk and exits belong to survival: at_risk is the
-- number of stays with entry < age_days <= exit, at age 0 those watched from their start. half_life_days is the least
-- age at which survival is 1/2 or less, half_life_days_min of survival_min; null if it never is. An estimate from few
-- at risk says little: once all at risk have left it is 0 for all greater ages. survival is null if all stays are left
-- out. No rows if there is no stay.
create function survival(playlist text default null)
returns table (
    age_days integer, at_risk integer, exits integer, survival double precision, survival_min double precision,
    half_life_days integer, half_life_days_min integer, stays integer, stays_left_out integer
)
as
with asked as (
    select playlist_id_of(playlist) as playlist_id
),

last_days as (
    select
        playlist_id,
        max(date) as last_usable_day
    from playlist_days
    where outcome in ('complete', 'unchanged')
    group by playlist_id
),

all_stays as (
    select
        stays.is_ended,
        case
            when not stays.starts_before_watch then 0
            when stays.added_at_source = 'claimed' then stays.first_seen - stays.added_at
        end as entry_age,
        coalesce(stays.first_absent, last_days.last_usable_day) - stays.added_at as exit_age,
        case when stays.is_ended then stays.last_seen + 1 else last_days.last_usable_day end - stays.added_at
            as exit_age_min
    from tracks_in_playlist as stays
    inner join last_days on stays.playlist_id = last_days.playlist_id
    where
        (select asked.playlist_id from asked) is null
        or stays.playlist_id = (select asked.playlist_id from asked)
),

counted as (
    select
        count(entry_age) as stays,
        count(*) - count(entry_age) as stays_left_out
    from all_stays
),

marks as (
    select
        entry_age as age,
        1 as entered,
        0 as gone,
        0 as exits,
        0 as gone_min,
        0 as exits_min
    from all_stays
    where entry_age is not null

    union all

    select
        exit_age as age,
        0 as entered,
        1 as gone,
        case when is_ended then 1 else 0 end as exits,
        0 as gone_min,
        0 as exits_min
    from all_stays
    where entry_age is not null

    union all

    select
        exit_age_min as age,
        0 as entered,
        0 as gone,
        0 as exits,
        1 as gone_min,
        case when is_ended then 1 else 0 end as exits_min
    from all_stays
    where entry_age is not null

    union all

    select
        0 as age,
        0 as entered,
        0 as gone,
        0 as exits,
        0 as gone_min,
        0 as exits_min
    from counted
    where stays + stays_left_out > 0
),

ages as (
    select
        age,
        sum(entered) as entered,
        sum(gone) as gone,
        sum(exits) as exits,
        sum(gone_min) as gone_min,
        sum(exits_min) as exits_min
    from marks
    group by age
),

risks as (
    select
        age,
        exits,
        exits_min,
        case
            when age = 0 then entered
            else sum(entered - gone) over (order by age rows between unbounded preceding and 1 preceding)
        end as at_risk,
        sum(entered - gone_min) over (order by age rows between unbounded preceding and 1 preceding) as at_risk_min
    from ages
),

-- ln(0) is an error, and so is exp(-1000) in PostgreSQL
curves as (
    select
        age,
        at_risk,
        exits,
        exits_min,
        case
            when count(*) filter (where exits > 0 and exits = at_risk) over (order by age) > 0 then 0
            else exp(greatest(-700, sum(
                case
                    when exits > 0 and exits < at_risk
                        then ln(1 - cast(exits as double precision) / cast(at_risk as double precision))
                    else 0
                end
            ) over (order by age)))
        end as share,
        case
            when count(*) filter (where exits_min > 0 and exits_min = at_risk_min) over (order by age) > 0 then 0
            else exp(greatest(-700, sum(
                case
                    when exits_min > 0 and exits_min < at_risk_min
                        then ln(1 - cast(exits_min as double precision) / cast(at_risk_min as double precision))
                    else 0
                end
            ) over (order by age)))
        end as share_min
    from risks
),

-- a product of 1/2 may be off in its last digits
half_lives as (
    select
        min(age) filter (where share <= 0.500000001) as half_life_days,
        min(age) filter (where share_min <= 0.500000001) as half_life_days_min
    from curves
)

select
    curves.age as age_days,
    curves.at_risk,
    curves.exits,
    case when counted.stays > 0 then round(cast(curves.share as decimal(18, 9)), 4) end as survival,
    case when counted.stays > 0 then round(cast(curves.share_min as decimal(18, 9)), 4) end as survival_min,
    half_lives.half_life_days,
    half_lives.half_life_days_min,
    counted.stays,
    counted.stays_left_out
from curves
cross join half_lives
cross join counted
where curves.age = 0 or curves.exits > 0 or curves.exits_min > 0
order by curves.age;

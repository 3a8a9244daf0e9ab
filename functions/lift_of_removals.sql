-- Change of popularity after tracks were removed from a playlist: as lift_of_adds, but an event is the proven end of a
-- stay, on first_absent (the track was removed on this day, or since last_seen). Popularity after it is known only if
-- another playlist holds the track, or if it is followed after leaving; the other events are in events_left_out.
create function lift_of_removals(window_days integer default 14)
returns table (
    playlist_id varchar, playlist_name varchar, events integer, events_left_out integer,
    mean_change double precision, mean_control_change double precision, lift double precision,
    lift_before double precision, events_before integer, share_observed double precision, contaminated integer,
    zeros integer, controls_median integer
)
as
select
    playlist_id,
    playlist_name,
    events,
    events_left_out,
    mean_change,
    mean_control_change,
    lift,
    lift_before,
    events_before,
    share_observed,
    contaminated,
    zeros,
    controls_median
from lift_of('removed', window_days);

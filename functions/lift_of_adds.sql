-- Change of popularity after tracks were added to a playlist, compared with similar tracks: one row for all playlists
-- (playlist_id null), and one for each. An event is an observed start of a stay, on the day it was first seen (the
-- track was added on this day, or since the usable day before). Its change is the mean popularity of the window_days
-- days after this day minus that of the window_days days before it. Its controls are the tracks with a change that no
-- watched playlist added or removed within window_days days of it, in the same decile of that day's popularity (equal
-- values are in the same decile) and the same release age on that day: 0 to 27, 28 to 179, 180 to 547, or 548 and more
-- days, or unknown (no exact date, or a later one). lift is the mean over the events of their change minus the mean
-- change of their controls. lift_before is the same one window earlier (pre-trend), over the events_before events with
-- values there: if it is not near 0, the lift began before. Values of 0 are left out; zeros is their number.
-- share_observed is the mean share of the days of both windows with a value above 0. An event counts if its track has
-- such a value on the day, before and after it, and has a control; the others are events_left_out. contaminated is the
-- number of events with another add or removal of the track in any playlist within window_days days. controls_median is
-- the median number of controls (the lower of two). Means are null if no event counts. A lift is no proof of a cause.
-- No rows if no playlist added a track.
create function lift_of_adds(window_days integer default 14)
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
from lift_of('added', window_days);

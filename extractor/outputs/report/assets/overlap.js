// The overlap of two playlists over time, and which of them had a track first.

import { fitted, folded, html, name, section, titled } from "./dom.js";
import { periods, row, timeline } from "./charts.js";
import { lineChart, niceLimits } from "./lines.js";
import { daysFrom, leads, overlap } from "./metrics.js";
import { dataTable, dayColumn, playlistColumn, shareColumn, sqlOf, sqlText, trackColumn } from "./table.js";
import { count, number, rounded } from "./words.js";

export function overlapSection(world, shown, one, other) {
  const { calendar } = world;
  const days = overlap(world, one, other, shown);
  const known = daysFrom(shown.first, shown.last).filter((day) => days[day]);
  const sum = (of) => known.reduce((total, day) => total + of(days[day]), 0);
  const either = sum((day) => day.either);
  const share = either ? `, and the Jaccard index of the period is ${number(sum((day) => day.shared) / either)}` : "";
  return section(
    titled("Overlap over time", periods(world, shown)),
    `Both were observed on ${number(known.length)} of ${count(shown.last - shown.first + 1, "day")}${share}. ` +
      "Where one was not observed, the lines have a gap.",
    known.length
      ? fitted((width) =>
          timeline(world, shown, width, (across) =>
            html("ol", { class: "rows" }, [
              overlapRow(world, across, days, "In both", ({ shared }) => shared),
              overlapRow(world, across, days, "Jaccard", ({ jaccard }) => rounded(jaccard, 4)),
            ]),
          ),
        )
      : html("p", { class: "empty" }, "No day of these was observed in both."),
    known.length ? sqlOf(periodQuery(shown, one, other)) : null,
    known.length ? daysTable(calendar, shown, one, other, days, known) : null,
  );
}

function overlapRow(world, across, days, label, of) {
  const { calendar } = world;
  const values = days.map((day) => (day ? of(day) : null));
  const known = values.slice(across.first, across.last + 1).filter((value) => value !== null);
  const isShare = label === "Jaccard";
  const chart = lineChart(world, across, {
    series: [{ values }],
    limits: niceLimits(known, isShare ? { span: 0.1, least: 0, most: 1 } : { span: 4, least: 0 }),
    height: 120,
    tellOf: (day) => [
      calendar.say(day),
      days[day] ? `${number(days[day].shared)} in both, ${number(days[day].either)} in either` : "not observed in both",
      days[day] ? `Jaccard ${days[day].jaccard === null ? "–" : number(days[day].jaccard)}` : "",
    ],
    label: `${label}: from ${number(Math.min(...known))} to ${number(Math.max(...known))}.`,
  });
  return row({ label, plot: chart, note: "" });
}

function daysTable(calendar, shown, one, other, days, known) {
  const table = () =>
    dataTable({
      caption: "Overlap by day",
      columns: [
        dayColumn(calendar, "day", (day) => day),
        { title: "size of the first", of: (day) => days[day].sizes[0], number: true },
        { title: "size of the second", of: (day) => days[day].sizes[1], number: true },
        { title: "in both", of: (day) => days[day].shared, number: true },
        { title: "Jaccard", of: (day) => rounded(days[day].jaccard, 4), number: true },
      ],
      rows: known.toReversed(),
      limit: Infinity,
      sql: `select
    date as day,
    size_a as "size of the first",
    size_b as "size of the second",
    shared as "in both",
    jaccard as "Jaccard"
from ${overlapOf(shown, one, other)}
order by date desc`,
    });
  return folded("All values as a table", table);
}

function overlapOf({ calendar, first, last }, one, other) {
  const [from, to] = [first, last].map((day) => `date '${calendar.iso(day)}'`);
  return `overlap(
    ${sqlText(one.id)}, ${sqlText(other.id)}, ${from}, ${to}
)`;
}

/** On how many days both were observed, and the index of the period. */
function periodQuery(shown, one, other) {
  return `select distinct days_observed, days_asked, period_jaccard\nfrom ${overlapOf(shown, one, other)}`;
}

export function leadSection(world, shown, one, other) {
  const ways = leads(world, one, other);
  const about =
    "Of the tracks that were seen to enter one playlist, those that entered the other on a later day, " +
    `since the watch began and up to ${world.calendar.say(shown.last)}. ` +
    "Who came first is no proof that one took from the other.";
  if (world.isCut) {
    const why = "This page leaves out earlier days, so it can’t tell. The published file can:";
    const none = html("p", { class: "empty" }, why);
    return section("Which had a track first", about, none, sqlOf(waysQuery(shown, one, other)));
  }
  return section(
    "Which had a track first",
    about,
    waysTable(shown, ways, waysQuery(shown, one, other)),
    tracksTable(world, shown, ways, tracksQuery(shown, one, other)),
  );
}

function waysTable(shown, ways, sql) {
  return dataTable({
    caption: "Which playlist had tracks first",
    columns: [
      playlistColumn(shown, "first in", ({ first }) => first),
      playlistColumn(shown, "then in", ({ second }) => second),
      { title: "tracks that entered the first", of: ({ tracks }) => tracks, number: true },
      { title: "later in the other", of: ({ later }) => later.length, number: true },
      shareColumn("share", (way) => way.share),
      { title: "median days between", of: ({ lag }) => lag, number: true },
    ],
    rows: ways.filter(({ tracks }) => tracks > 0),
    sql,
    empty: "No track was seen to enter one of them: what was there at the first read has no day of entry.",
  });
}

function tracksTable(world, shown, ways, sql) {
  const { calendar } = world;
  const rows = ways.flatMap(({ first, second, later }) =>
    later.map(([track, entered, received]) => ({ track: world.track(track), first, second, entered, received })),
  );
  if (rows.length === 0) {
    return null;
  }
  const table = dataTable({
    caption: "Tracks that one had before the other",
    columns: [
      trackColumn(shown, "track"),
      { title: "artists", of: ({ track }) => track.artists, isQuiet: true },
      { title: "id", of: ({ track }) => track.id, isQuiet: true },
      { title: "first in", of: ({ first }) => first.name, show: ({ first }) => name(first.title) },
      dayColumn(calendar, "on", ({ entered }) => entered),
      dayColumn(calendar, "in the other on", ({ received }) => received),
      { title: "days between", of: ({ entered, received }) => received - entered, number: true },
    ],
    rows: rows.toSorted((left, right) => right.received - left.received || left.entered - right.entered),
    limit: 12,
    sql,
  });
  return [html("h3", {}, "Tracks that one had before the other"), table];
}

/** Entries of tracks that the watch saw: the first into a playlist, and into the other one later. */
function entriesQuery({ calendar, last }, one, other) {
  const both = `${sqlText(one.id)}, ${sqlText(other.id)}`;
  return `with entries as (
    select
        playlist_id,
        track_id,
        min(added_at) filter (where not starts_before_watch) as entered,
        min(added_at) filter (where stay_number = 1 and not starts_before_watch) as received
    from tracks_in_playlist
    where playlist_id in (${both}) and first_seen <= date '${calendar.iso(last)}'
    group by playlist_id, track_id
),

pairs as (
    select
        entries.track_id,
        entries.playlist_id as first_id,
        case entries.playlist_id
            when ${sqlText(one.id)} then ${sqlText(other.id)}
            else ${sqlText(one.id)}
        end as other_id,
        entries.entered,
        case when others.received > entries.entered then others.received end as later
    from entries
    left join entries as others
        on entries.track_id = others.track_id and entries.playlist_id <> others.playlist_id
    where entries.entered is not null
),

named as (
    select
        pairs.*,
        coalesce(a.playlist_name, a.label, a.playlist_id) as "first in",
        coalesce(b.playlist_name, b.label, b.playlist_id) as other_name
    from pairs
    inner join playlists as a on pairs.first_id = a.playlist_id
    inner join playlists as b on pairs.other_id = b.playlist_id
)`;
}

function waysQuery(shown, one, other) {
  return `${entriesQuery(shown, one, other)}

select
    "first in",
    other_name as "then in",
    count(*) as "tracks that entered the first",
    count(later) as "later in the other",
    round(count(later) / count(*), 4) as share,
    median(later - entered) as "median days between"
from named
group by first_id, "first in", other_name`;
}

function tracksQuery(shown, one, other) {
  return `${entriesQuery(shown, one, other)}

select
    track_info.track_name as track,
    track_info.artists,
    track_info.track_id as id,
    named."first in",
    named.entered as "on",
    named.later as "in the other on",
    named.later - named.entered as "days between"
from named
inner join track_info on named.track_id = track_info.track_id
where named.later is not null
order by named.later desc, named.entered`;
}

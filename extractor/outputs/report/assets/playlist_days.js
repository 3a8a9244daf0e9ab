// A playlist over time: what was added and removed, its size, popularity and followers.

import { fitted, folded, html, section, titled } from "./dom.js";
import { hatching, periods, row, swatch, legend, timeline } from "./charts.js";
import { changesOver, churn, churnLegend, spreadLegend } from "./churn.js";
import { lineChart, niceLimits } from "./lines.js";
import { daysOf } from "./metrics.js";
import { dataTable, dayColumn, sqlDay, sqlText } from "./table.js";
import { count, number, rounded } from "./words.js";
import { OUTCOMES, isReadTwice } from "./world.js";

const HEIGHT = 96;
const REPLACED = " Here a replaced id counts as one track added and one removed, as in the turnover.";

export function overTime(world, shown, playlist, changes) {
  const days = daysOf(world, playlist, changes, 0, world.lastDay);
  return section(
    titled("Over time", periods(world, shown)),
    isReadTwice(playlist)
      ? "Lines join successive days that were observed; days that were not are hatched." +
          (world.replacements.playlist.includes(playlist.index) ? REPLACED : "")
      : "It was read on one day. What is added and removed is shown once it was read on a second one.",
    legend([[swatch("hatch n"), "not observed"], ...spreadLegend(changesOver(changes, shown))]),
    fitted((width) =>
      timeline(world, shown, width, (across) =>
        html(
          "ol",
          { class: "rows lined" },
          isReadTwice(playlist) ? churnRow(world, playlist, changes, across) : null,
          lines(world, playlist, days).map((one) => levelRow(world, playlist, one, across)),
        ),
      ),
    ),
    folded("All days as a table", () => table(world, shown, playlist, days)),
  );
}

function churnRow(world, playlist, changes, across) {
  return row({
    label: churnLegend(world, changes, across),
    plot: churn(world, playlist, changes, across),
    note: "",
  });
}

/** The numbers that have a line: {what, about, values, tell}. */
function lines(world, playlist, days) {
  const { followers } = playlist;
  return [
    { what: "Tracks", values: days.map(({ size }) => size), tellOf: (value) => count(value, "track") },
    {
      what: "Popularity",
      about: "mean of its tracks",
      values: days.map(({ popularity }) => rounded(popularity, 1)),
      tellOf: (value, day) => `mean popularity ${number(value)}, of ${count(days[day].known, "track")}`,
    },
    { what: "Followers", values: followers, tellOf: (value) => count(value, "follower") },
  ].filter(({ values }) => values.some((value) => value !== null));
}

function levelRow(world, playlist, { what, about, values, tellOf }, across) {
  const { calendar } = world;
  const inside = values.slice(across.first, across.last + 1);
  const [first, last] = [inside.findIndex((value) => value !== null), inside.findLastIndex((value) => value !== null)];
  const say = (day) => `${number(inside[day])} on ${calendar.say(across.first + day)}`;
  return row({
    label: html("span", {}, what, about ? html("small", {}, about) : null),
    plot: lineChart(world, across, {
      series: [{ values }],
      limits: niceLimits(inside, { span: 4, least: 0 }),
      height: HEIGHT,
      under: hatching(playlist, across, HEIGHT),
      label: first < 0 ? `${what}: not known on these days.` : `${what}: ${say(first)}, ${say(last)}.`,
      tellOf: (day) => [calendar.say(day), values[day] === null ? "not known" : tellOf(values[day], day)],
    }),
    note: last < 0 ? "–" : number(inside[last]),
  });
}

function table(world, shown, playlist, days) {
  const { calendar } = world;
  const first = Math.max(shown.first, Math.max(0, playlist.outcomes.search(/[^.]/u)));
  const column = (title, of) => ({ title, number: true, of });
  return dataTable({
    caption: `${playlist.title} by day, ${calendar.range(first, shown.last)}`,
    columns: [
      { ...dayColumn(calendar, "Day", ({ day }) => day), number: false },
      { title: "Outcome", of: ({ day }) => OUTCOMES[playlist.outcomes[day]]?.name },
      column("Tracks", ({ size }) => size),
      column("Added", ({ added }) => added),
      column("Removed", ({ removed }) => removed),
      column("In days", ({ since }) => since),
      column("Turnover", ({ turnover }) => rounded(turnover, 4)),
      column("Popularity", ({ popularity }) => rounded(popularity, 1)),
      column("Tracks with it", ({ known }) => known),
      column("Followers", ({ day }) => playlist.followers[day]),
    ],
    rows: days.slice(first, shown.last + 1),
    sort: ["Day", "descending"],
    limit: 30,
    sql: daysSql(calendar, playlist, first, shown.last),
  });
}

function daysSql(calendar, { id }, first, last) {
  return `with days as (
    select *
    from playlist_days
    where playlist_id = ${sqlText(id)} and date between ${sqlDay(calendar, first)} and ${sqlDay(calendar, last)}
),

held as (
    select distinct days.date, tracklists.track_id
    from days
    inner join tracklists
        on days.playlist_id = tracklists.playlist_id
        and days.date between tracklists.first_day and tracklists.last_day and tracklists.kind = 'track'
    where days.outcome in ('complete', 'unchanged')
),

popularities as (
    select held.date, avg(nullif(known.popularity, 0)) as popularity, count(nullif(known.popularity, 0)) as tracks
    from held
    left join track_daily_popularity as known on held.track_id = known.track_id and held.date = known.date
    group by held.date
)

select
    days.date,
    case
        when days.size is not null and days.entries = 0 then 'empty'
        when days.outcome in ('complete', 'unchanged') and days.source is not null then 'imported'
        else replace(days.outcome, '_', ' ')
    end as outcome,
    days.size,
    days.added,
    days.removed,
    days.days_since_usable,
    round(1.0 * (days.added + days.removed) / nullif(2 * days.size, 0) / days.days_since_usable, 4) as turnover,
    round(popularities.popularity, 1) as popularity,
    case when days.size is not null then coalesce(popularities.tracks, 0) end as tracks_with_popularity,
    days.followers
from days
left join popularities on days.date = popularities.date
order by days.date desc`;
}

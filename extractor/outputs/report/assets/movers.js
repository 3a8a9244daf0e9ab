// The tracks whose popularity moved most in a week.

import { html, section } from "./dom.js";
import { sparkline } from "./lines.js";
import { popularities } from "./metrics.js";
import { dataTable, sqlAmongTracks, sqlDay, sqlOf, trackColumn } from "./table.js";
import { count, number, signed } from "./words.js";
import { NO_VALUE, latestRead } from "./world.js";

const WEEK = 7;
const MOVERS = 8;
const NOISE = 2; // popularity moves by so much in a week without any news

export function moversSection(world, shown) {
  const week = { first: Math.max(0, shown.last - WEEK), last: shown.last };
  const tracks = comparedIn(world, week);
  const moved = tracks
    .filter(({ change }) => Math.abs(change) > NOISE)
    .toSorted((one, other) => Math.abs(other.change) - Math.abs(one.change) || one.track - other.track);
  const rises = moved.filter(({ change }) => change > 0);
  const falls = moved.filter(({ change }) => change < 0);
  return section(
    "Movers of the week",
    tracks.length
      ? `Popularity on the first and the last day with a value, ${world.calendar.between(week.first, week.last)}: ` +
          `${count(tracks.length, "track")} compared, ${number(moved.length)} moved by more than ${NOISE}. Smaller ` +
          "moves are noise. Values of 0 are left out: Spotify also says 0 where it has none."
      : null,
    tracks.length ? sqlOf(sqlOfNumbers(world, week)) : null,
    moved.length
      ? html(
          "div",
          { class: "pair movers" },
          moversTable(world, shown, week, "Biggest rises", rises),
          moversTable(world, shown, week, "Biggest falls", falls),
        )
      : html("p", { class: "empty" }, noMovers(world, week, tracks.length)),
  );
}

/** The tracks with two values in a week, with the first and the last day that has one. */
function comparedIn({ values, days, tracks }, { first, last }) {
  const found = [];
  for (let track = 0; track < tracks.id.length; track += 1) {
    const isKnown = (day) => values[track * days + day] !== NO_VALUE && values[track * days + day] !== 0;
    let [from, to] = [first, last];
    while (from < to && !isKnown(from)) {
      from += 1;
    }
    while (from < to && !isKnown(to)) {
      to -= 1;
    }
    if (from < to) {
      const [before, after] = [values[track * days + from], values[track * days + to]];
      found.push({ track, from, to, before, after, change: after - before });
    }
  }
  return found;
}

function noMovers(world, { first, last }, tracks) {
  const { values, days } = world;
  if (tracks) {
    return `No track moved by more than ${NOISE} this week.`;
  }
  if (values.every((value) => value === NO_VALUE) && latestRead(world) === null) {
    return "No playlist was read yet, so there are no tracks to compare.";
  }
  if (values.every((value) => value === NO_VALUE)) {
    return (
      "Spotify has given no popularity. An app made since 11 February 2026 gets none; " +
      "if yours is older, ./run.sh status says what is wrong."
    );
  }
  return days < 2 || first === last
    ? "One day is shown: movers need a second one."
    : "No track has a popularity on two days of this week: movers need two.";
}

function moversTable(world, shown, week, title, moved) {
  const { calendar } = world;
  const at = (value, day) => [html("span", {}, value), html("span", { class: "when" }, calendar.brief(day))];
  const isRise = title === "Biggest rises";
  return html(
    "div",
    {},
    html("h3", {}, title),
    dataTable({
      caption: title,
      columns: [
        trackColumn(shown, "Track", ({ track }) => world.track(track)),
        { title: "From", of: ({ before }) => before, show: ({ before, from }) => at(before, from), number: true },
        { title: "To", of: ({ after }) => after, show: ({ after, to }) => at(after, to), number: true },
        { title: "Change", of: ({ change }) => change, show: (row) => moveOf(world, row, week), number: true },
        { title: "Days", of: ({ from, to }) => to - from, isQuiet: true },
      ],
      rows: moved,
      limit: MOVERS,
      sql: sqlOfMovers(world, week, isRise),
      empty: `No track ${isRise ? "rose" : "fell"} by more than ${NOISE}.`,
    }),
  );
}

function moveOf(world, { track, change }, week) {
  const move = html("span", { class: change > 0 ? "up" : "down" }, signed(change));
  return html("span", { class: "with-line" }, lineOf(world, track, week), move);
}

/** The values of a week as a line, which has a gap where a day has none. */
function lineOf(world, track, week) {
  const values = popularities(world, track);
  const days = [...values.keys()].filter((day) => week.first <= day && day <= week.last && values[day] !== null);
  return sparkline(values, week, days.map((day) => `${values[day]} on ${world.calendar.brief(day)}`).join(", "));
}

function sqlOfMovers(world, week, isRise) {
  return `select
    track_name,
    arg_min(popularity, date) as first_value,
    arg_max(popularity, date) as last_value,
    arg_max(popularity, date) - arg_min(popularity, date) as change,
    max(date) - min(date) as days
from track_daily_popularity
inner join track_info using (track_id)
where ${known(world, week)}
group by track_id, track_name
having change ${isRise ? `> ${NOISE}` : `< -${NOISE}`}
order by abs(change) desc`;
}

/** How many tracks were compared, and how many of them moved. */
function sqlOfNumbers(world, week) {
  return `select
    count(*) as compared,
    count(*) filter (where abs(change) > ${NOISE}) as moved
from (
    select arg_max(popularity, date) - arg_min(popularity, date) as change
    from track_daily_popularity
    inner join track_info using (track_id)
    where ${known(world, week)}
    group by track_id
    having count(*) > 1
)`;
}

/** The condition of the values of a week. */
function known(world, { first, last }) {
  const [from, to] = [first, last].map((day) => sqlDay(world.calendar, day));
  return `date between ${from} and ${to} and popularity > 0${sqlAmongTracks(world, "track_id")}`;
}

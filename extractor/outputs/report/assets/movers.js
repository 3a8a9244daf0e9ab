// What moved in the last week: popularity up and down, tracks in and out.

import { html, playlistLink, section, svg, table, trackLink } from "./dom.js";
import { count, number, signed } from "./words.js";
import { NO_VALUE, isEntry, isExit, isReadTwice, isUsable, readsSince } from "./world.js";

const WEEK = 7;
const MOVERS = 8;
const NOISE = 2; // popularity moves by so much in a week without any news
const SPARK = { width: 64, height: 22, room: 3, span: 8 };

/**
 * Tracks with two values in the last week, the days and values of each. 0 may mean that there is none, so it is left
 * out.
 */
function weeksOf({ values, days, tracks }) {
  const found = [];
  const isKnown = (value) => value !== NO_VALUE && value !== 0;
  for (let track = 0; track < tracks.id.length; track += 1) {
    const week = Array.from({ length: Math.min(WEEK + 1, days) }, (_, ago) => days - 1 - ago)
      .toReversed()
      .map((day) => ({ day, value: values[track * days + day] }))
      .filter(({ value }) => isKnown(value));
    if (week.length > 1) {
      found.push({ track, week, change: week.at(-1).value - week[0].value });
    }
  }
  return found;
}

export function moversSection(world, shown) {
  const tracks = weeksOf(world);
  const moved = tracks
    .filter(({ change }) => Math.abs(change) > NOISE)
    .toSorted((one, other) => Math.abs(other.change) - Math.abs(one.change) || one.track - other.track);
  const rises = moved.filter(({ change }) => change > 0);
  const falls = moved.filter(({ change }) => change < 0);
  return section(
    "Movers of the week",
    tracks.length
      ? "Popularity on the first and the last day with a value, of the last day and the seven before it: " +
          `${count(tracks.length, "track")} compared, ${number(moved.length)} moved by more than ${NOISE}. Smaller ` +
          "moves are noise. Values of 0 are left out: Spotify also says 0 where it has none."
      : null,
    moved.length
      ? html(
          "div",
          { class: "pair movers" },
          moversTable(world, shown, "Biggest rises", rises, "rose"),
          moversTable(world, shown, "Biggest falls", falls, "fell"),
        )
      : html("p", { class: "empty" }, noMovers(world, tracks.length)),
  );
}

function noMovers(world, tracks) {
  if (tracks) {
    return `No track moved by more than ${NOISE} this week.`;
  }
  if (world.values.every((value) => value === NO_VALUE)) {
    return (
      "Spotify has told no popularity. An app made since 11 February 2026 gets none; with another app, look at the " +
      "last runs below."
    );
  }
  return world.days < 2
    ? "One day is known: movers need a second one."
    : "No track has a popularity on two days of this week: movers need two.";
}

function moversTable(world, shown, title, moved, verb) {
  const at = ({ day, value }) => [
    html("span", { class: "value" }, value),
    html("span", { class: "when" }, world.calendar.short(day)),
  ];
  if (moved.length === 0) {
    return html("p", { class: "empty" }, `No track ${verb} by more than ${NOISE}.`);
  }
  return table(
    title,
    ["Track", ...["from", "to", "change", "by day"].map((column) => ({ title: column, number: true }))],
    moved
      .slice(0, MOVERS)
      .map(({ track, week, change }) => [
        trackLink(shown, world.track(track)),
        at(week[0]),
        at(week.at(-1)),
        html("span", { class: change > 0 ? "up" : "down" }, signed(change)),
        sparkline(world, week),
      ]),
  );
}

/** The values of a week as a line, which has a gap where a day has none. */
function sparkline({ calendar, lastDay }, week) {
  const values = week.map(({ value }) => value);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const span = Math.max(SPARK.span, most - least);
  const middle = (least + most) / 2;
  const rounded = (value) => Math.round(value * 10) / 10;
  const x = (day) => rounded(SPARK.room + ((day - lastDay + WEEK) / WEEK) * (SPARK.width - 2 * SPARK.room));
  const y = (value) => rounded(SPARK.height / 2 - ((value - middle) / span) * (SPARK.height - 2 * SPARK.room));
  const line = week.map(({ day, value }, index) => {
    const isNext = index > 0 && week[index - 1].day === day - 1;
    return `${isNext ? "L" : "M"}${x(day)} ${y(value)}${isNext ? "" : "h0"}`;
  });
  const inWords = week.map(({ day, value }) => `${value} on ${calendar.short(day)}`).join(", ");
  return svg(
    "svg",
    { class: "spark", width: SPARK.width, height: SPARK.height, role: "img", "aria-label": inWords },
    svg("title", {}, inWords),
    svg("path", { class: "line", d: line.join("") }),
    svg("circle", { class: "value", cx: x(week.at(-1).day), cy: y(week.at(-1).value), r: 2.2 }),
  );
}

export function turnoverSection(world, shown) {
  const [first, last] = [Math.max(0, world.days - WEEK), world.lastDay];
  const counted = world.playlists
    .map((list) => {
      const stays = world.staysIn(list);
      return {
        list,
        reads: readsSince(list, first),
        entries: stays.filter((stay) => isEntry(stay, first, last)).length,
        exits: stays.filter((stay) => isExit(stay, first, last)).length,
        observed: Array.from(list.outcomes.slice(first)).filter(isUsable).length,
      };
    })
    .filter(({ entries, exits }) => entries + exits > 0);
  counted.sort(
    (one, other) => other.entries + other.exits - one.entries - one.exits || one.list.index - other.list.index,
  );
  const days = last - first + 1;
  const compared = world.playlists.filter((list) => readsSince(list, first)).length;
  return section(
    "Playlists that changed most",
    compared &&
      "Tracks added and removed between the last read before these seven days and the last of all. Compared: " +
        `${number(compared)} of ${count(world.playlists.length, "playlist")}.`,
    counted.length
      ? table(
          "Added and removed",
          ["Playlist", ...["added", "removed", "observed"].map((title) => ({ title, number: true }))],
          counted
            .slice(0, MOVERS)
            .map(({ list, reads, entries, exits, observed }) => [
              playlistLink(shown, list),
              number(entries),
              number(exits),
              [
                `${observed}/${days} days`,
                reads && html("span", { class: "when wraps" }, world.calendar.between(reads.from, reads.to)),
              ],
            ]),
          { quiet: true },
        )
      : html("p", { class: "empty" }, noTurnover(world, compared)),
  );
}

function noTurnover({ playlists }, compared) {
  if (compared) {
    return "Nothing was added or removed this week, as far as was observed.";
  }
  return playlists.some(isReadTwice)
    ? "Nothing is known of this week: that takes a read in these seven days, and one before it."
    : "Changes need a second read: no playlist was read on two days yet.";
}

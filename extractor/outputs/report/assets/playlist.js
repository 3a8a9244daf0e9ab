// A list: how well it is known, what came and went each day, every stay.

import { facts, few, fitted, html, name, section, spotifyLink, svg, table, titled, trackLink } from "./dom.js";
import { count, number } from "./words.js";
import {
  OUTCOMES,
  changesIn,
  cover,
  isEntry,
  isExit,
  isReadTwice,
  isUnobserved,
  lastRead,
  readBefore,
  readsSince,
  spans,
} from "./world.js";
import { blocks, grid, hatching, legend, periods, row, swatch, timeline, told } from "./charts.js";
import { barLegend, bars } from "./gantt.js";

const WEEK = 7;
const RANKED = 8;
const ROWS = 30;
const CHURN = { height: 96, room: 6 };

export function playlistView(world, shown, list) {
  const stays = world.staysIn(list);
  const changes = changesIn(list, stays);
  if (lastRead(list) === null) {
    return [neverRead(world, list)];
  }
  return [
    headline(world, list, stays),
    section(
      titled("Stays", periods(world, shown)),
      isReadTwice(list)
        ? "Tracks added or removed last are first. Above: how many were added and removed."
        : "It was read on one day. What is added and removed is shown once it was read on a second one.",
      barLegend(spreadLegend(changes)),
      stays.length ? staysChart(world, shown, list, stays, changes) : html("p", { class: "empty" }, noStays(world, list)),
    ),
    ranked(world, shown, stays),
  ];
}

function headline(world, list, stays) {
  const { calendar } = world;
  const current = stays.filter(({ isCurrent }) => isCurrent);
  const read = lastRead(list);
  const [first, last] = [Math.max(0, world.days - WEEK), world.lastDay];
  const reads = readsSince(list, first);
  const counted = (isCounted) => [
    reads ? stays.filter((stay) => isCounted(stay, first, last)).length : null,
    reads ? calendar.between(reads.from, reads.to) : isReadTwice(list) ? "not read this week" : "needs a second read",
  ];
  return html(
    "div",
    { class: "headline" },
    ...headings(list),
    html("p", { class: "lead" }, ...coverInWords(world, list)),
    facts([
      read < 0
        ? ["current", "Tracks in it", null, `last read on ${calendar.say(read)}, before the days shown`]
        : ["current", "Tracks in it", current.length, `when last read, on ${calendar.say(read)}`],
      ["entered", "Added this week", ...counted(isEntry)],
      ["left", "Removed this week", ...counted(isExit)],
      ["stays", "Stays", stays.length, `of ${count(new Set(stays.map(({ track }) => track)).size, "track")}`],
    ]),
    html("p", {}, spotifyLink("playlist", list.id)),
  );
}

function headings(list) {
  return [
    html(
      "p",
      { class: "eyebrow" },
      "Playlist",
      list.label ? [" · ", name(list.label)] : null,
      list.owner === "spotify" ? " · Spotify’s own" : null,
      list.isWatched ? null : " · no longer watched",
    ),
    html("h1", { tabindex: -1 }, name(list.title)),
  ];
}

/** All there is to say of a list that was never read: why, and what to do. */
function neverRead({ calendar }, list) {
  const { days } = cover(list);
  const asked = Array.from(list.outcomes).findLastIndex((letter) => letter !== "." && letter !== "n");
  const outcome = OUTCOMES[list.outcomes[asked]];
  const since = days ? ` in ${count(days, "day")} since ${calendar.say(list.outcomes.search(/[^.]/u))}` : "";
  return html(
    "div",
    { class: "headline" },
    ...headings(list),
    html("p", { class: "lead" }, html("strong", {}, "Never read"), `${since}, so nothing is known of its tracks.`),
    html(
      "div",
      { class: "notice" },
      html(
        "p",
        { class: "why" },
        html("strong", {}, "Why: "),
        outcome
          ? [`${outcome.name} on ${calendar.say(asked)}: `, name(list.reasons.get(asked) ?? outcome.meaning)]
          : "it was not requested yet.",
      ),
      html("p", {}, html("strong", {}, "What to do: "), ...whatToDo(list, list.outcomes[asked])),
    ),
    html("p", { class: "beside" }, spotifyLink("playlist", list.id)),
  );
}

function whatToDo(list, letter) {
  if (!list.isWatched) {
    return ["nothing, unless it should be watched again: then name it in ", code("seeds/playlists.csv"), "."];
  }
  if (letter === "x") {
    return [
      "open it in Spotify. If it is gone or private, take it out of ",
      code("seeds/playlists.csv"),
      ". If it is there, Spotify refuses your app: one created since 11 February 2026 can read only playlists of a " +
        "user who has logged in (",
      code("./run.sh login"),
      "), and Spotify’s own playlists are closed to most apps.",
    ];
  }
  return letter
    ? ["the next run asks again. If that does not help, ", code("./run.sh status"), " says what is wrong."]
    : ["run ", code("./run.sh"), ", which requests every playlist that is watched."];
}

function code(text) {
  return html("code", {}, text);
}

function coverInWords({ calendar }, list) {
  const { days, observed } = cover(list);
  const first = list.outcomes.search(/[^.]/u);
  const summary = html("strong", { "data-fact": "cover" }, `Observed on ${number(observed)} of ${count(days, "day")}`);
  const gaps = spans(list.outcomes, (letter, day) =>
    isUnobserved(letter) ? `${OUTCOMES[letter].name}${reasonIn(list, day)}` : null,
  );
  const listed = gaps
    .slice(-4)
    .map(([from, to, why]) => `${calendar.range(from, to)} (${why})`)
    .join("; ");
  const more = gaps.length > 4 ? `, the last of ${number(gaps.length)} times: ` : ": ";
  return [
    summary,
    ` since ${calendar.say(first)}. `,
    gaps.length ? `Not observed${more}${listed}.` : "None is missing.",
  ];
}

function reasonIn(list, day) {
  return list.reasons.has(day) ? `: ${list.reasons.get(day)}` : "";
}

function noStays({ calendar }, list) {
  return lastRead(list) < 0
    ? `It was last read on ${calendar.say(lastRead(list))}, before the days shown here.`
    : "It was read, and held no track on these days.";
}

function staysChart(world, shown, list, stays, changes) {
  const lines = [...Map.groupBy(stays, ({ track }) => track).values()]
    .filter((line) => line.at(-1).last >= shown.first)
    .toSorted(
      (one, other) =>
        lastChange(other) - lastChange(one) || other.at(-1).added - one.at(-1).added || one[0].track - other[0].track,
    );
  const rest = lines.length > ROWS ? `Show all ${count(lines.length, "track")}` : null;
  return fitted((width) =>
    timeline(world, shown, width, (across) => [
      isReadTwice(list) &&
        html(
          "ol",
          { class: "rows" },
          row({ label: churnLegend(world, changes), plot: churn(world, list, changes, across), note: "" }),
        ),
      ...few(
        (from, to) =>
          lines.slice(from, to).map((line) =>
            row({
              label: trackLink(shown, world.track(line[0].track)),
              plot: bars(world, list, line, across),
              note: html(
                "span",
                { title: "days on which it was seen" },
                count(
                  line.reduce((sum, { daysSeen }) => sum + daysSeen, 0),
                  "day",
                ),
              ),
            }),
          ),
        ROWS,
        rest,
      ),
    ]),
  );
}

/** The last day on which a track came or left; what was always there never did. */
function lastChange(line) {
  const { first, absent, isOlder } = line.at(-1);
  return absent ?? (isOlder ? -1 : first);
}

/**
 * How many tracks were added or removed on each day: those of which it is known, and those spread evenly over the days
 * between two reads, on one of which each of them was.
 */
function perDay(world, changes, key) {
  const days = Array.from({ length: world.days }, () => ({ known: 0, spread: 0, reads: "" }));
  changes
    .filter((change) => change[key])
    .forEach((change) => {
      const length = change.to - change.from;
      for (let day = Math.max(0, change.from + 1); day <= change.to; day += 1) {
        if (length === 1) {
          days[day].known += change[key];
        } else {
          days[day].spread += change[key] / length;
          days[day].reads += ` ${change.to}`;
        }
      }
    });
  return days;
}

function isSpread({ from, to }) {
  return to - from > 1;
}

function most(days) {
  return days.reduce((top, { known, spread }) => Math.max(top, known + spread), 0);
}

function churnLegend(world, changes) {
  return legend(
    ["added", "removed"].map((key) => [
      swatch(key),
      html("span", {}, key, html("span", { class: "most" }, atMost(perDay(world, changes, key)))),
    ]),
  );
}

function atMost(days) {
  const known = days.reduce((top, one) => Math.max(top, one.known), 0);
  return known ? `, at most ${number(known)} a day` : "";
}

/** Two marks as one entry of a legend, where there is something that they stand for. */
function spreadLegend(changes) {
  return changes.some(isSpread)
    ? [
        [
          [swatch("spread added"), swatch("spread removed")],
          "between two reads some days apart: the number is divided by these days",
        ],
      ]
    : [];
}

/** What was added upwards and what was removed downwards from a line. */
function churn(world, list, changes, across) {
  const [added, removed] = ["added", "removed"].map((key) => perDay(world, changes, key));
  const unit = (CHURN.height - 2 * CHURN.room) / Math.max(most(added) + most(removed), 1);
  const zero = CHURN.room + most(added) * unit;
  const gap = across.step > 5 ? 1.5 : 0;
  const chart = svg(
    "svg",
    {
      class: "churn",
      width: across.width,
      height: CHURN.height,
      role: "img",
      "aria-label": churnInWords(world, changes),
    },
    grid(world.calendar, across, CHURN.height),
    hatching(list, across, CHURN.height),
    columns("added", added, across, gap, (low, high) => [zero - high * unit, (high - low) * unit]),
    columns("removed", removed, across, gap, (low, high) => [zero + low * unit, (high - low) * unit]),
    svg("path", { class: "zero", d: `M0 ${Math.round(zero) + 0.5}H${across.width}` }),
  );
  return told(chart, across, (day) => [world.calendar.say(day), ...onDay(world, list, changes, day)]);
}

/** Columns from the line on: known changes, and beyond them hatched ones as wide as the days between their reads. */
function columns(key, days, across, gap, place) {
  const drawn = (runs, low, high) =>
    runs.map(([from, to]) => blocks([[from, to]], across, ...place(low(days[from]), high(days[from])), gap)).join("");
  const known = spans(days, (one, day) => (one.known ? day : null));
  const spread = spans(days, (one) => (one.spread ? `${one.known}${one.reads}` : null));
  return [
    svg("path", {
      class: key,
      d: drawn(
        known,
        () => 0,
        (one) => one.known,
      ),
    }),
    svg("path", {
      class: `spread ${key}`,
      d: drawn(
        spread,
        (one) => one.known,
        (one) => one.known + one.spread,
      ),
    }),
  ];
}

function churnInWords(world, changes) {
  const sum = (key) => changes.reduce((total, one) => total + one[key], 0);
  const spread = changes.filter(isSpread).map((change) => changeInWords(world, change));
  const all = `${number(sum("added"))} added, ${number(sum("removed"))} removed`;
  return spread.length ? `${all}; of these ${spread.join("; ")}` : all;
}

function changeInWords({ calendar }, { from, to, added, removed }) {
  const counts = [added ? `${number(added)} added` : null, removed ? `${number(removed)} removed` : null];
  const what = counts.filter(Boolean).join(", ") || "nothing added or removed";
  return to - from > 1 ? `${what} ${calendar.between(from, to)}` : what;
}

function onDay(world, list, changes, day) {
  if (list.outcomes[day] === ".") {
    return ["not watched yet"];
  }
  const during = changes.filter(({ from, to }) => from < day && day <= to).map((one) => changeInWords(world, one));
  if (isUnobserved(list.outcomes[day])) {
    return ["not observed", ...during];
  }
  const from = readBefore(list, day);
  if (from === null) {
    return ["first read: changes need a second one"];
  }
  return during.length ? during : [changeInWords(world, { from, to: day, added: 0, removed: 0 })];
}

function ranked(world, shown, stays) {
  const current = stays.filter(({ isCurrent }) => isCurrent);
  if (current.length === 0) {
    return null;
  }
  const since = ({ added, isOlder, isClaimed }) => [
    html("span", { class: "value" }, world.calendar.say(added)),
    html("span", { class: "when" }, isClaimed ? "claimed" : isOlder ? "or earlier" : "first seen"),
  ];
  const best = (title, chosen) =>
    table(
      title,
      ["Track", { title: "since", number: true }, { title: "days seen", number: true }],
      chosen.map((stay) => [trackLink(shown, world.track(stay.track)), since(stay), number(stay.daysSeen)]),
    );
  const byAge = current.toSorted((one, other) => one.added - other.added || one.track - other.track);
  const newest = current.toSorted((one, other) => other.added - one.added || one.track - other.track);
  return section(
    "Now in it",
    "Spotify’s claim of the day of entry where it can be believed, else the first day of sight.",
    html(
      "div",
      { class: "pair" },
      best("Newest", newest.slice(0, RANKED)),
      best("Longest-standing", byAge.slice(0, RANKED)),
    ),
  );
}

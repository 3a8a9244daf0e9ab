// What was added and removed, day by day, or week by week where a day is too narrow.

import { html, svg } from "./dom.js";
import { blocks, grid, hatching, legend, swatch, told } from "./charts.js";
import { daysFrom, daysOf, turnoverOf } from "./metrics.js";
import { count, number, percent } from "./words.js";
import { isUnobserved, isUsable, readBefore, spans, unasked } from "./world.js";

const CHURN = { height: 96, room: 6 };
const NARROW = 3; // pixels of a day, below which weeks are drawn

/**
 * How many tracks were added or removed on each day: those of which it is known, and those spread evenly over the days
 * between two reads, on one of which each of them was.
 */
function perDay(world, changes, key, isKnown) {
  const days = Array.from({ length: world.days }, () => ({ known: 0, spread: 0, reads: "" }));
  changes
    .filter((change) => change[key])
    .forEach((change) => {
      if (isKnown(change)) {
        days[change.to].known += change[key];
        return;
      }
      daysFrom(Math.max(0, change.from + 1), change.to).forEach((day) => {
        days[day].spread += change[key] / (change.to - change.from);
        days[day].reads += ` ${change.to}`;
      });
    });
  return days;
}

function isSpread({ from, to }) {
  return to - from > 1;
}

/** The same for weeks from Monday on: each day has the numbers of its week. */
function perWeek(calendar, days) {
  const weeks = Map.groupBy(days.keys(), (day) => calendar.weekStart(day));
  return days.map((_, day) => {
    const week = calendar.weekStart(day);
    const sum = (key) => weeks.get(week).reduce((total, one) => total + days[one][key], 0);
    return { known: sum("known"), spread: sum("spread"), reads: ` ${week}`, week };
  });
}

/** What the columns show: days, or weeks if a day is too narrow. A change is known if one column has all its days. */
function perColumn(world, changes, key, across) {
  const { calendar } = world;
  const isInWeek = ({ from, to }) => calendar.weekStart(from + 1) === calendar.weekStart(to);
  return isWeekly(across)
    ? perWeek(calendar, perDay(world, changes, key, isInWeek))
    : perDay(world, changes, key, (change) => !isSpread(change));
}

function isWeekly({ step }) {
  return step < NARROW;
}

/** The changes that may have happened on the days shown. */
export function changesOver(changes, { first, last }) {
  return changes.filter(({ from, to }) => from < last && first <= to);
}

function most(days, { first, last }) {
  return Math.max(...days.slice(first, last + 1).map(({ known, spread }) => known + spread));
}

export function churnLegend(world, changes, across) {
  return legend(
    ["added", "removed"].map((key) => [
      swatch(key),
      html("span", {}, key, html("span", { class: "most" }, atMost(world, changes, key, across))),
    ]),
  );
}

/** The most of a day or a week; nothing if more may have happened in one, as far as the reads around it tell. */
function atMost(world, changes, key, across) {
  const shown = perColumn(world, changes, key, across).slice(across.first, across.last + 1);
  const known = Math.max(...shown.map((one) => one.known));
  const possible = daysFrom(across.first, across.last).map((day) => {
    const first = isWeekly(across) ? world.calendar.weekStart(day) : day;
    const during = changesOver(changes, { first, last: isWeekly(across) ? first + 6 : first });
    return during.reduce((sum, change) => sum + change[key], 0);
  });
  const isMost = known > 0 && Math.max(...possible) <= known;
  return isMost ? `, at most ${number(known)} a ${isWeekly(across) ? "week" : "day"}` : "";
}

/** Two marks as one entry of a legend, where there is something that they stand for. */
export function spreadLegend(changes) {
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
export function churn(world, playlist, changes, across) {
  const [added, removed] = ["added", "removed"].map((key) => perColumn(world, changes, key, across));
  const unit = (CHURN.height - 2 * CHURN.room) / Math.max(most(added, across) + most(removed, across), 1);
  const zero = CHURN.room + most(added, across) * unit;
  const gap = across.step > 5 ? 1.5 : isWeekly(across) ? 1 : 0;
  const chart = svg(
    "svg",
    {
      class: "churn",
      width: across.width,
      height: CHURN.height,
      role: "img",
      "aria-label": churnInWords(world, changesOver(changes, across)),
    },
    grid(world.calendar, across, CHURN.height),
    hatching(playlist, across, CHURN.height),
    columns("added", added, across, gap, (low, high) => [zero - high * unit, (high - low) * unit]),
    columns("removed", removed, across, gap, (low, high) => [zero + low * unit, (high - low) * unit]),
    svg("path", { class: "zero", d: `M0 ${Math.round(zero) + 0.5}H${across.width}` }),
  );
  const describe = isWeekly(across) ? inWeek : onDay;
  return told(chart, across, (day) => describe(world, playlist, changes, day));
}

/** Columns from the line on: known changes, and beyond them hatched ones as wide as the days between their reads. */
function columns(key, days, across, gap, place) {
  const drawn = (runs, low, high) =>
    runs.map(([from, to]) => blocks([[from, to]], across, ...place(low(days[from]), high(days[from])), gap)).join("");
  const known = spans(days, (one, day) => (one.known ? (one.week ?? day) : null));
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

function onDay(world, playlist, changes, day) {
  return [world.calendar.say(day), ...changesOn(world, playlist, changes, day)];
}

function changesOn(world, playlist, changes, day) {
  if (playlist.outcomes[day] === ".") {
    return [unasked(playlist, day)];
  }
  const during = changes.filter(({ from, to }) => from < day && day <= to).map((one) => changeInWords(world, one));
  if (isUnobserved(playlist.outcomes[day])) {
    return ["not observed", ...during];
  }
  const from = readBefore(playlist, day);
  if (from === null) {
    return ["first read: changes need a second one"];
  }
  return during.length ? during : [changeInWords(world, { from, to: day, added: 0, removed: 0 })];
}

/**
 * What the reads of a week show, and how much of the playlist was replaced in a day. What happened between two reads of
 * which one is of another week is told with both: it may have happened in either week.
 */
function inWeek(world, playlist, changes, day) {
  const { calendar, knownTo } = world;
  const week = calendar.weekStart(day);
  const [first, last] = [Math.max(0, week), Math.min(knownTo, week + 6)];
  const isInside = ({ from, to }) => week <= from + 1 && to <= last;
  const reads = readsOver(playlist, first, last);
  const compared = reads.filter(isInside).length;
  const during = changesOver(changes, { first, last });
  const inside = during.filter(isInside);
  const across = during.filter((change) => !isInside(change));
  const quiet = reads
    .filter((two) => !isInside(two) && !across.some(({ to }) => to === two.to))
    .map(({ from, to }) => ({ from, to, added: 0, removed: 0 }));
  const sum = (key) => number(inside.reduce((total, one) => total + one[key], 0));
  const days = daysOf(world, playlist, changes, first, last).filter(({ day: one }) => isUsable(playlist.outcomes[one]));
  const within = days.filter(({ day: to, since }) => since !== null && isInside({ from: to - since, to }));
  const turnover = turnoverOf(within);
  return [
    calendar.range(first, last),
    days.length ? null : "not observed",
    compared ? `${sum("added")} added, ${sum("removed")} removed` : null,
    compared ? `in ${count(compared, "read")}` : null,
    ...[...across, ...quiet].map((change) => changeInWords(world, change)),
    reads.length ? null : "no two reads to compare",
    turnover === null ? null : `turnover ${percent(turnover, 2)} a day`,
  ].filter(Boolean);
}

/** Each read of a week, and the next one after it, with the read before it. */
function readsOver(playlist, first, last) {
  const isRead = (day) => isUsable(playlist.outcomes[day]);
  const next = Array.from(playlist.outcomes).findIndex((letter, day) => day > last && isUsable(letter));
  return [...daysFrom(first, last).filter(isRead), ...(next < 0 ? [] : [next])]
    .map((to) => ({ from: readBefore(playlist, to), to }))
    .filter(({ from }) => from !== null && from < last);
}

// Stays as bars: one line for each track of a playlist, or for each playlist of a track.

import { svg } from "./dom.js";
import { count, number } from "./words.js";
import { OUTCOMES, readBefore, unasked } from "./world.js";
import { blocks, grid, hatching, legend, swatch, told } from "./charts.js";

const HEIGHT = 24;
const TOP = 7;
const THICK = 10;
const POINT = 6;
const LEAST = 3;

/**
 * One line of bars. `stays` are of one track and one playlist, whose unobserved days are hatched; `title` names what
 * the line is of.
 */
export function bars(world, playlist, stays, across, title = null) {
  const shown = stays.filter(({ last }) => last >= across.first);
  const chart = svg(
    "svg",
    { class: "bars", width: across.width, height: HEIGHT, role: "img", "aria-label": inWords(world, playlist, shown) },
    grid(world.calendar, across, HEIGHT),
    svg("path", { class: "claim", d: shown.map((stay) => claim(stay, across)).join("") }),
    svg("path", { class: "bar", d: shown.map((stay) => bar(stay, across)).join("") }),
    hatching(playlist, across, HEIGHT),
  );
  const about = title === null ? [] : [title];
  return told(chart, across, (day) => [...about, world.calendar.say(day), ...onDay(world, playlist, stays, day)]);
}

/** From the day the API claims to the first sight: believed, but not seen. */
function claim(stay, across) {
  return stay.added < stay.first && stay.first > 0 ? blocks([[stay.added, stay.first - 1]], across, TOP + 4, 2) : "";
}

/** A bar pointed where the stay may go on: to the left if it is older than the watch, to the right if it is open. */
function bar({ first, last, isOlder, isCurrent }, across) {
  const left = Math.min(across.x(first), across.width - LEAST);
  const right = Math.max(across.x(last + 1), left + LEAST);
  const point = Math.min(POINT, (right - left) / 2);
  const start = isOlder && first >= across.first ? point : 0;
  const end = isCurrent || last > across.last ? point : 0;
  const [bottom, middle] = [TOP + THICK, TOP + THICK / 2];
  return (
    `M${left + start} ${TOP}H${right - end}L${right} ${end ? middle : TOP}V${end ? middle : bottom}` +
    `L${right - end} ${bottom}H${left + start}L${left} ${start ? middle : bottom}V${start ? middle : TOP}z`
  );
}

function onDay(world, playlist, stays, day) {
  const letter = playlist.outcomes[day];
  if (letter === ".") {
    return [unasked(playlist, day)];
  }
  const { name, usable } = OUTCOMES[letter];
  const stay = stays.find(({ first, last }) => first <= day && day <= last);
  return [
    usable ? (stay ? "there" : "not there") : `not observed: ${playlist.reasons.get(day) ?? name}`,
    ...(stay ? [said(world, stay), lasted(playlist, stay)] : []),
  ];
}

/** How long a stay lasted, by the least and the most that the reads allow. */
function lasted(playlist, { added, first, last, absent, isClaimed, isOlder }) {
  const least = last - added + 1;
  const before = isClaimed ? added - 1 : isOlder ? null : readBefore(playlist, first);
  const most = absent === null || before === null ? null : absent - 1 - before;
  return most === null
    ? `${count(least, "day")} or more`
    : most === least
      ? count(least, "day")
      : `${number(least)} to ${count(most, "day")}`;
}

export function said({ calendar }, { added, first, last, absent, unknownSince, isClaimed, isOlder }) {
  const start = isClaimed
    ? `since ${calendar.say(added)} (claimed)`
    : isOlder
      ? `since ${calendar.say(first)} or earlier`
      : `first seen ${calendar.say(first)}`;
  if (absent === null) {
    return unknownSince === null ? start : `${start}, not known since ${calendar.say(unknownSince)}`;
  }
  return `${start}, gone ${absent - last > 1 ? calendar.between(last, absent) : `by ${calendar.say(absent)}`}`;
}

function inWords(world, playlist, stays) {
  return stays.map((stay) => `${said(world, stay)}, ${lasted(playlist, stay)}`).join("; ");
}

/** What the marks of a line mean, and `more` of them above it. */
export function barLegend(more = []) {
  const mark = (path, classes) =>
    svg("svg", { width: 26, height: 12, "aria-hidden": true }, svg("path", { class: classes, d: path }));
  return legend([
    [mark("M0 1H26V11H0z", "bar"), "seen"],
    [mark("M0 1H20L26 6L20 11H0z", "bar"), "still there at the last read"],
    [mark("M26 1H6L0 6L6 11H26z", "bar"), "perhaps there before the watch began"],
    [mark("M0 5H26V7H0z", "claim"), "claimed by Spotify, not seen"],
    [swatch("hatch n"), "not observed"],
    ...more,
  ]);
}

// Stays as bars: one line for each track of a list, or for each list of a track.

import { svg } from "./dom.js";
import { OUTCOMES } from "./world.js";
import { blocks, grid, hatching, legend, swatch, told } from "./charts.js";

const HEIGHT = 24;
const TOP = 7;
const THICK = 10;
const POINT = 6;
const LEAST = 3;

/** One line of bars. `stays` are of one track and one list, whose unobserved days are hatched. */
export function bars(world, list, stays, across) {
  const shown = stays.filter(({ last }) => last >= across.first);
  const chart = svg(
    "svg",
    { class: "bars", width: across.width, height: HEIGHT, role: "img", "aria-label": inWords(world, stays) },
    grid(world.calendar, across, HEIGHT),
    svg("path", { class: "claim", d: shown.map((stay) => claim(stay, across)).join("") }),
    svg("path", { class: "bar", d: shown.map((stay) => bar(stay, across)).join("") }),
    hatching(list, across, HEIGHT),
  );
  return told(chart, across, (day) => [world.calendar.say(day), ...onDay(world, list, stays, day)]);
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
  const end = isCurrent ? point : 0;
  const [bottom, middle] = [TOP + THICK, TOP + THICK / 2];
  return (
    `M${left + start} ${TOP}H${right - end}L${right} ${end ? middle : TOP}V${end ? middle : bottom}` +
    `L${right - end} ${bottom}H${left + start}L${left} ${start ? middle : bottom}V${start ? middle : TOP}z`
  );
}

function onDay(world, list, stays, day) {
  const letter = list.outcomes[day];
  if (letter === ".") {
    return ["not watched yet"];
  }
  const { name, usable } = OUTCOMES[letter];
  if (!usable) {
    return [`not observed: ${list.reasons.get(day) ?? name}`];
  }
  const stay = stays.find(({ first, last }) => first <= day && day <= last);
  return [stay ? `there, ${said(world, stay)}` : "not there"];
}

export function said({ calendar }, { first, last, isOlder, isCurrent }) {
  const since = isOlder ? `since ${calendar.say(first)} or earlier` : `first seen ${calendar.say(first)}`;
  return isCurrent ? since : `${since}, last seen ${calendar.say(last)}`;
}

function inWords(world, stays) {
  return stays.map((stay) => said(world, stay)).join("; ");
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

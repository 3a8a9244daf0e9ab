// Numbers over days as a line, with gaps where there is none, marks, and a cursor for pointer and arrow keys.

import { html, name, svg } from "./dom.js";
import { blocks, grid, isTouch, tell } from "./charts.js";
import { number } from "./words.js";
import { spans } from "./world.js";

const ROOM = 14;
const HUES = 6; // of lines
const LANE = 16; // of labels
const LANES = 3;
const LETTER = 6.4; // the usual width of a letter of a label
const MOST_LABEL = 150;
const LEAST_LABEL = 40;

/**
 * A chart of `series`: each {values, end} with a number or null for every day, drawn with the class `line s<index>`;
 * `end`, if given, is written where the line ends. `limits` are the least and the greatest number of the axis
 * (`niceLimits` gives them); `isUpsideDown` puts the least on top, as for positions. `shades` are [first, last,
 * opacity]; `rules` are {from, day, kind, text, sign, label}: a change after the day `from`, and on `day` at the
 * latest, drawn with the class `rule <kind>`, and its sign and label where there is room; `under` are nodes below
 * everything. `tellOf` gives the lines that are told of a day; `label` says the chart in words.
 */
export function lineChart(world, across, options) {
  const { series, limits, isUpsideDown = false, shades = [], rules = [], under = [], tellOf, label } = options;
  const [low, high] = limits;
  const marks = placed(rules.filter(({ from, day }) => from < across.last && across.first <= day), across);
  const labels = marks.filter(({ lane }) => lane !== undefined);
  const top = LANE * Math.max(0, ...labels.map(({ lane }) => lane + 1));
  const height = (options.height ?? 180) + top;
  const share = (value) => (isUpsideDown ? high - value : value - low) / (high - low);
  const y = (value) => Math.round((height - ROOM - share(value) * (height - top - 2 * ROOM)) * 10) / 10;
  const levels = levelsOf(low, high, isUpsideDown);
  const cursor = svg("path", { class: "cursor" });
  const chart = svg(
    "svg",
    {
      class: "lines",
      width: across.width,
      height,
      role: "img",
      tabindex: 0,
      "aria-label": `${label} Arrow keys tell single days.`,
    },
    shades.map(([first, last, opacity]) =>
      svg("path", { class: "shade", "fill-opacity": opacity, d: blocks([[first, last]], across, 0, height) }),
    ),
    under,
    grid(world.calendar, across, height),
    svg("path", {
      class: "level",
      d: levels.map((level) => `M0 ${Math.round(y(level)) + 0.5}H${across.width}`).join(""),
    }),
    fields(marks, across, height, top),
    marks.map((mark) => rule(mark, across, height, top)),
    cursor,
    levels.map((level) => svg("text", levelAt(y(level), across), short(level))),
    series.map(({ values }, index) => line(values, across, y, index)),
    ends(series, across, y, height),
    labels.map(ruleLabel),
  );
  return pointed(chart, cursor, across, height, tellOf);
}

/** Where the number of a level is: beside the chart, or on the level if there is no room beside it. */
function levelAt(y, { isStacked }) {
  return isStacked ? { x: 0, y: y - 3 } : { x: -7, y: y + 4, "text-anchor": "end" };
}

/** Whether a change happened on one of several days. */
export function isSpread({ from, day }) {
  return day - from > 1;
}

/** The days before a rule on which its change may have happened, those of several changes once. */
function fields(marks, across, height, top) {
  const found = new Map(marks.filter(isSpread).map((mark) => [`${mark.kind} ${mark.from} ${mark.day}`, mark]));
  return [...found.values()].map(({ from, day, kind }) =>
    svg("path", { class: `while ${kind}`, d: blocks([[from + 1, day - 1]], across, top, height - top) }),
  );
}

/** A change: a rule where it was seen. */
function rule({ day, kind, text, lane }, across, height, top) {
  const start = lane === undefined ? top : lane * LANE;
  return svg(
    "g",
    { class: `change ${kind}` },
    day <= across.last ? svg("path", { class: `rule ${kind}`, d: `M${across.x(day)} ${start}V${height}` }) : null,
    svg("title", {}, text),
  );
}

/** The rules, those with room for a label with its place: no rule crosses the label of another. */
function placed(rules, across) {
  const taken = Array(LANES).fill(-Infinity);
  return rules
    .toSorted((one, other) => one.day - other.day)
    .map((mark) => {
      const left = across.x(mark.day) + 4;
      const room = Math.min(MOST_LABEL, across.width + across.beyond - left);
      const width = Math.min(room, Math.ceil(((mark.label ?? "").length + 2) * LETTER) + 6);
      const lane = taken.findIndex((_, place) => taken.slice(place).every((end) => end + 6 <= left));
      if (!mark.label || mark.day > across.last || lane < 0 || room < LEAST_LABEL) {
        return mark;
      }
      taken[lane] = left + width;
      return Object.assign({}, mark, { lane, left, width });
    });
}

function ruleLabel({ sign, label, kind, lane, left, width }) {
  return labelAt({ x: left, y: lane * LANE, width, height: LANE }, kind, [`${sign} `, name(label)]);
}

/** Text that is cut off where its room ends. */
function labelAt(box, kind, text) {
  const label = html("div", { class: `chart-label ${kind}` }, text);
  return svg("foreignObject", { ...box, "aria-hidden": true }, label);
}

/** What is written where lines end, moved apart from top to bottom; left out where it would be far from its line. */
function ends(series, across, y, height) {
  const found = series
    .flatMap(({ values, end }, index) => {
      const day = end ? lastOf(values, across) : null;
      return day === null ? [] : [{ end, index, x: across.x(day + 0.5), y: y(values[day]) }];
    })
    .toSorted((one, other) => one.y - other.y);
  let free = 0;
  return found.map(({ end, index, x, y: at }) => {
    const top = Math.max(free, at - LANE / 2);
    const width = across.width + across.beyond - x - 12;
    if (top + LANE > height + ROOM || top - at > 3 * LANE || width < LEAST_LABEL) {
      return null;
    }
    free = top + LANE;
    return [
      svg("path", { class: `leader s${index % HUES}`, d: `M${x} ${at}L${x + 11} ${top + LANE / 2}` }),
      labelAt({ x: x + 12, y: top, width, height: LANE }, "", name(end)),
    ];
  });
}

function lastOf(values, { first, last }) {
  for (let day = last; day >= first; day -= 1) {
    if (values[day] !== null) {
      return day;
    }
  }
  return null;
}

/** A line through values of successive days, and a dot for each where there is room, or where it stands alone. */
function line(values, across, y, index) {
  const at = (day) => `${across.x(day + 0.5)} ${y(values[day])}`;
  const isInside = (day) => across.first <= day && day <= across.last;
  const runs = spans(values, (value, day) => (value !== null && isInside(day) ? "value" : null));
  const days = runs.flatMap(([from, to]) =>
    across.step > 9 || from === to ? Array.from({ length: to - from + 1 }, (_, ahead) => from + ahead) : [],
  );
  const path = ([from, to]) =>
    `M${Array.from({ length: to - from + 1 }, (_, ahead) => at(from + ahead)).join("L")}`;
  return [
    svg("path", { class: `line s${index % HUES}`, d: runs.filter(([from, to]) => to > from).map(path).join("") }),
    days.map((day) =>
      svg("circle", { class: `value s${index % HUES}`, cx: across.x(day + 0.5), cy: y(values[day]), r: 2.5 }),
    ),
  ];
}

/** The mark of a line in a legend. */
export function lineMark(index) {
  return svg(
    "svg",
    { width: 14, height: 12, "aria-hidden": true },
    svg("path", { class: `line s${index % HUES}`, d: "M0 6H14" }),
  );
}

/** Round limits around the values that are shown, at least `span` apart. */
export function niceLimits(values, { span = 1, least = -Infinity, most = Infinity } = {}) {
  const known = values.filter((value) => value !== null);
  let [low, high] = known.length ? [Math.min(...known), Math.max(...known)] : [0, span];
  const step = stepOf(Math.max(high - low, span));
  [low, high] = [Math.floor(low / step) * step, Math.ceil(high / step) * step];
  while (high - low < span) {
    [low, high] = low - step >= least ? [low - step, high] : [low, high + step];
  }
  return [Math.max(least, low), Math.min(most, high)];
}

function stepOf(span) {
  const power = 10 ** Math.floor(Math.log10(span / 4 || 1));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => span / step <= 5) ?? 10 * power;
}

/** Round numbers of an axis, and the least one if that is its top. */
function levelsOf(low, high, isUpsideDown) {
  const step = stepOf(high - low);
  const levels = isUpsideDown ? [low] : [];
  const first = Math.ceil((isUpsideDown ? low + step / 2 : low) / step) * step;
  for (let level = first; level <= high + step / 1000; level += step) {
    levels.push(Math.round(level * 1000) / 1000);
  }
  return levels;
}

function short(level) {
  if (Math.abs(level) >= 1e6) {
    return `${number(level / 1e6)}M`;
  }
  return Math.abs(level) >= 1e4 && level % 10 === 0 ? `${number(level / 1e3)}k` : number(level);
}

/** A cursor over the days, for the pointer and for arrow keys. */
function pointed(chart, cursor, across, height, tellOf) {
  let current = across.last;
  const show = (day) => {
    current = Math.max(across.first, Math.min(across.last, day));
    const place = across.x(current + 0.5);
    const { left, top } = chart.getBoundingClientRect();
    cursor.setAttribute("d", `M${place} 0V${height}`);
    tell(tellOf(current), left + place, top + ROOM);
  };
  const hide = () => {
    cursor.removeAttribute("d");
    tell(null);
  };
  const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -7, PageDown: 7, Home: -Infinity, End: Infinity };
  const point = (event) => show(across.day(event.clientX - chart.getBoundingClientRect().left));
  chart.addEventListener("pointermove", point);
  chart.addEventListener("pointerdown", point);
  chart.addEventListener("pointerleave", (event) => isTouch(event) || hide());
  chart.addEventListener("focus", () => (chart.matches(":focus-visible") ? show(current) : null));
  chart.addEventListener("blur", hide);
  chart.addEventListener("keydown", (event) => {
    if (event.key in steps) {
      event.preventDefault();
      show(current + steps[event.key]);
    }
  });
  return chart;
}

/** Numbers over days in a table's cell: a line without axes, and its end. */
export function sparkline(values, { first, last }, label, size = { width: 72, height: 22 }) {
  const all = Array.from({ length: last - first + 1 }, (_, ahead) => first + ahead);
  const days = all.filter((day) => values[day] !== null);
  const known = days.map((day) => values[day]);
  if (known.length === 0) {
    return null;
  }
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const span = Math.max(8, most - least);
  const rounded = (value) => Math.round(value * 10) / 10;
  const x = (day) => rounded(3 + ((day - first) / Math.max(1, last - first)) * (size.width - 6));
  const y = (value) => rounded(size.height / 2 - ((value - (least + most) / 2) / span) * (size.height - 6));
  const isNext = (day, index) => index > 0 && days[index - 1] === day - 1;
  const path = days.map((day, index) => `${isNext(day, index) ? "L" : "M"}${x(day)} ${y(values[day])}`);
  const end = days.at(-1);
  return svg(
    "svg",
    { class: "spark", width: size.width, height: size.height, role: "img", "aria-label": label },
    svg("path", { class: "line", d: path.join("") }),
    svg("circle", { class: "value", cx: x(end), cy: y(values[end]), r: 2.2 }),
  );
}

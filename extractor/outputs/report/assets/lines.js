// Numbers over days as a line, with gaps where there is none, marks, and a cursor for pointer and arrow keys.

import { svg } from "./dom.js";
import { blocks, grid, isTouch, tell } from "./charts.js";
import { number } from "./words.js";
import { spans } from "./world.js";

const ROOM = 14;

/**
 * A chart of `series`: each {values, name} with a number or null for every day, drawn with the class `line s<index>`.
 * `limits` are the least and the greatest number of the axis (`niceLimits` gives them); `isUpsideDown` puts the least
 * on top, as for positions. `shades` are [first, last, opacity]; `rules` are {day, kind, text}, drawn with the class
 * `rule <kind>`; `under` are nodes below everything. `tellOf` gives the lines that are told of a day; `label` says the
 * chart in words.
 */
export function lineChart(world, across, options) {
  const { series, limits, height = 180, isUpsideDown = false, shades = [], rules = [], under = [], tellOf, label } = options;
  const [low, high] = limits;
  const share = (value) => (isUpsideDown ? high - value : value - low) / (high - low);
  const y = (value) => Math.round((height - ROOM - share(value) * (height - 2 * ROOM)) * 10) / 10;
  const levels = levelsOf(low, high);
  const cursor = svg("path", { class: "cursor" });
  const chart = svg(
    "svg",
    { class: "lines", width: across.width, height, role: "img", tabindex: 0, "aria-label": `${label} Arrow keys tell single days.` },
    shades.map(([first, last, opacity]) =>
      svg("path", { class: "shade", "fill-opacity": opacity, d: blocks([[first, last]], across, 0, height) }),
    ),
    under,
    grid(world.calendar, across, height),
    svg("path", { class: "level", d: levels.map((level) => `M0 ${Math.round(y(level)) + 0.5}H${across.width}`).join("") }),
    rules
      .filter(({ day }) => across.first <= day && day <= across.last)
      .map(({ day, kind, text }) =>
        svg("path", { class: `rule ${kind}`, d: `M${across.x(day)} 0V${height}` }, svg("title", {}, text)),
      ),
    cursor,
    series.map(({ values }, index) => line(values, across, y, index)),
    levels.map((level) => svg("text", { x: -7, y: y(level) + 4, "text-anchor": "end" }, short(level))),
  );
  return pointed(chart, cursor, across, height, tellOf);
}

/** A line through values of successive days, and a dot for each where there is room, or where it stands alone. */
function line(values, across, y, index) {
  const at = (day) => `${across.x(day + 0.5)} ${y(values[day])}`;
  const runs = spans(values, (value, day) => (value === null || day < across.first || day > across.last ? null : "value"));
  const days = runs.flatMap(([from, to]) =>
    across.step > 9 || from === to ? Array.from({ length: to - from + 1 }, (_, ahead) => from + ahead) : [],
  );
  const path = ([from, to]) =>
    `M${Array.from({ length: to - from + 1 }, (_, ahead) => at(from + ahead)).join("L")}`;
  return [
    svg("path", { class: `line s${index}`, d: runs.filter(([from, to]) => to > from).map(path).join("") }),
    days.map((day) => svg("circle", { class: `value s${index}`, cx: across.x(day + 0.5), cy: y(values[day]), r: 2.5 })),
  ];
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

function levelsOf(low, high) {
  const step = stepOf(high - low);
  const levels = [];
  for (let level = Math.ceil(low / step) * step; level <= high + step / 1000; level += step) {
    levels.push(Math.round(level * 1000) / 1000);
  }
  return levels;
}

function short(level) {
  if (Math.abs(level) >= 1e6) {
    return `${number(level / 1e6)}M`;
  }
  return Math.abs(level) >= 1e4 ? `${number(level / 1e3)}k` : number(level);
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
  const days = Array.from({ length: last - first + 1 }, (_, ahead) => first + ahead).filter((day) => values[day] !== null);
  const known = days.map((day) => values[day]);
  if (known.length === 0) {
    return null;
  }
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const span = Math.max(8, most - least);
  const rounded = (value) => Math.round(value * 10) / 10;
  const x = (day) => rounded(3 + ((day - first) / Math.max(1, last - first)) * (size.width - 6));
  const y = (value) => rounded(size.height / 2 - ((value - (least + most) / 2) / span) * (size.height - 6));
  const path = days.map((day, index) => `${index && days[index - 1] === day - 1 ? "L" : "M"}${x(day)} ${y(values[day])}`);
  const end = days.at(-1);
  return svg(
    "svg",
    { class: "spark", width: size.width, height: size.height, role: "img", "aria-label": label },
    svg("path", { class: "line", d: path.join("") }),
    svg("circle", { class: "value", cx: x(end), cy: y(values[end]), r: 2.2 }),
  );
}

// Drawing days: an axis, rows of days under it, the hatching of days that were not observed, and what a pointer tells.

import { html, svg } from "./dom.js";
import { OUTCOMES, isUnobserved, spans } from "./world.js";

const TICK_ROOM = 62;
const THIN = 4;
const STACKED = 560; // pixels below which names and notes are above the days

/** Days across a width, from the first to the last one shown, with `beyond` pixels free to the right of it. */
export function scale(first, last, width, beyond = 0) {
  const days = last - first + 1;
  const step = width / days;
  const clamped = (value, most) => Math.max(0, Math.min(most, value));
  return {
    first,
    last,
    width,
    beyond,
    step,
    x: (day) => Math.round(clamped(day - first, days) * step * 10) / 10,
    day: (x) => first + clamped(Math.floor(x / step), days - 1),
  };
}

const NOTE = 74;
const GAP = 14;

/** The columns of rows of days: names, days, and a short note. */
function columns(width) {
  const label = Math.round(Math.max(112, Math.min(240, width * 0.27)));
  return { label, plot: width - label - NOTE - 2 * GAP };
}

/**
 * Rows of days under one axis. A row is {label, note, plot}, the plot made for a scale; where the window is narrow,
 * names and notes are above it, and the scale `isStacked`.
 */
export function timeline({ calendar }, shown, width, rows) {
  const isStacked = width < STACKED;
  const { label, plot } = columns(width);
  const across = isStacked
    ? Object.assign(scale(shown.first, shown.last, width), { isStacked })
    : scale(shown.first, shown.last, plot, GAP + NOTE);
  const list = rows(across);
  const block = html(
    "div",
    { class: isStacked ? "timeline stacked" : "timeline" },
    html("div", { class: "row head", "aria-hidden": true }, html("span"), axis(calendar, across), html("span")),
    list,
  );
  block.style.setProperty("--columns", isStacked ? "minmax(0, 1fr) auto" : `${label}px ${plot}px ${NOTE}px`);
  block.style.setProperty("--gap", `${GAP}px`);
  return block;
}

export function row({ label, plot, note }) {
  return html(
    "li",
    { class: "row" },
    html("div", { class: "label" }, label),
    plot,
    html("div", { class: "note" }, note),
  );
}

/** The days that have a tick: as many as there is room for, at natural places. */
function ticks(calendar, across) {
  const dayOf = (day) => calendar.date(day).getUTCDate();
  const monthOf = (day) => calendar.date(day).getUTCMonth();
  const places = [
    { every: 1, at: () => true },
    { every: 7, at: (day) => calendar.date(day).getUTCDay() === 1 },
    { every: 14, at: (day) => calendar.date(day).getUTCDay() === 1 && calendar.week(day) % 2 === 0 },
    { every: 30, at: (day) => dayOf(day) === 1 },
    { every: 91, at: (day) => dayOf(day) === 1 && monthOf(day) % 3 === 0 },
    { every: 182, at: (day) => dayOf(day) === 1 && monthOf(day) % 6 === 0 },
    { every: 365, at: (day) => dayOf(day) === 1 && monthOf(day) === 0 },
  ];
  const place = places.find(({ every }) => every * across.step >= TICK_ROOM) ?? places.at(-1);
  const days = Array.from({ length: across.last - across.first + 1 }, (_, day) => across.first + day).filter(place.at);
  const label = (day) => {
    if (place.every < 30) {
      return calendar.short(day);
    }
    return monthOf(day) === 0 ? String(calendar.date(day).getUTCFullYear()) : calendar.month(day);
  };
  return days.map((day) => ({ day, label: label(day) }));
}

export function axis(calendar, across) {
  const marks = ticks(calendar, across).filter(({ day }) => across.x(day) < across.width - 30);
  return svg(
    "svg",
    { class: "axis", width: across.width, height: 22 },
    marks.map(({ day, label }) => [
      svg("path", { class: "tick", d: `M${across.x(day) + 0.5} 16v6` }),
      svg("text", { x: across.x(day), y: 11 }, label),
    ]),
  );
}

export function grid(calendar, across, height) {
  const lines = ticks(calendar, across).map(({ day }) => `M${across.x(day) + 0.5} 0V${height}`);
  return svg("path", { class: "grid", d: lines.join("") });
}

/** Rectangles for runs of days, as one path. */
export function blocks(runs, across, top, height, gap = 0) {
  return runs
    .filter(([first, last]) => last >= across.first && first <= across.last)
    .map(([first, last]) => {
      const [left, right] = [across.x(first), across.x(last + 1) - gap];
      return `M${left} ${top}H${right}V${top + height}H${left}z`;
    })
    .join("");
}

/** Days of a playlist on which nothing was proven. */
export function hatching(playlist, across, height) {
  const runs = spans(playlist.outcomes, (letter) => (isUnobserved(letter) ? letter : null));
  return kinds(runs).map((letter) =>
    svg("path", {
      class: `hatch ${letter}`,
      d: blocks(
        runs.filter((run) => run[2] === letter),
        across,
        0,
        height,
      ),
    }),
  );
}

/** A playlist's days by outcome. */
export function strip(playlist, across, height) {
  const gap = across.step > 5 ? 1 : 0;
  const runs = spans(playlist.outcomes, (letter, day) => (letter === "." ? null : gap ? `${letter}${day}` : letter));
  return kinds(runs.map(([first, last, kind]) => [first, last, kind[0]])).map((letter) =>
    svg("path", {
      class: `day ${letter}${across.step < THIN ? " thin" : ""}`,
      d: blocks(
        runs.filter((run) => run[2][0] === letter),
        across,
        letter === "e" ? 0.5 : 0,
        height - (letter === "e" ? 1 : 0),
        gap,
      ),
    }),
  );
}

function kinds(runs) {
  return [...new Set(runs.map((run) => run[2]))];
}

/** The days that a view covers: links to the last ones, fields for any, and the address that fixes them. */
export function periods(world, shown) {
  const { calendar, days } = world;
  const link = (from, to, text) =>
    html(
      "a",
      {
        href: shown.link({ from, to }),
        "data-stays": true,
        "aria-current": shown.first === (from ?? 0) && shown.last === (to ?? world.lastDay) ? "true" : null,
      },
      text,
    );
  const last = (most) => link(shown.last - most + 1, shown.last, `${most} days`);
  return days < 2
    ? null
    : html(
        "nav",
        { class: "periods", "aria-label": "Days shown" },
        [28, 91, 364].filter((most) => most < days && most <= shown.last + 1).map(last),
        link(null, null, `all ${days}`),
        dayField(calendar, "from", shown.first, (from) => shown.link({ from, to: shown.last })),
        dayField(calendar, "to", shown.last, (to) => shown.link({ from: shown.first, to })),
      );
}

/**
 * A field for a day, which goes to the address that `link` gives for it: when it was picked, or typed and left. The
 * page stays where it is, and the field keeps the focus.
 */
export function dayField(calendar, label, day, link, earliest = 0) {
  let isTyped = false;
  const go = ({ target }) => {
    const chosen = calendar.day(target.value);
    if (chosen !== day && chosen >= earliest && chosen < calendar.days) {
      const way = html("a", { href: link(chosen), "data-stays": true });
      const back = () => document.querySelector(`input[data-field="${label}"]`)?.focus({ preventScroll: true });
      window.addEventListener("hashchange", back, { once: true });
      document.body.append(way);
      way.click();
      way.remove();
    }
  };
  const field = html("input", {
    type: "date",
    value: calendar.iso(day),
    min: calendar.iso(earliest),
    max: calendar.iso(calendar.days - 1),
    "data-field": label,
    keydown: (event) => (event.key === "Enter" ? go(event) : (isTyped = true)),
    change: (event) => isTyped || go(event),
    blur: go,
  });
  return html("label", { class: "day-field" }, label, field);
}

export function legend(entries) {
  return html(
    "ul",
    { class: "legend" },
    entries.map(([mark, text]) => html("li", {}, mark, text)),
  );
}

export function swatch(...classes) {
  return svg(
    "svg",
    { width: 14, height: 12, "aria-hidden": true },
    svg("path", { class: classes.join(" "), d: classes.includes("e") ? "M.5.5h13v11H.5z" : "M0 0h14v12H0z" }),
  );
}

export function outcomeLegend(letters) {
  return legend(
    Object.entries(OUTCOMES)
      .filter(([letter]) => letters.has(letter))
      .map(([letter, { name, meaning }]) => [swatch("day", letter), `${name}: ${meaning}`]),
  );
}

/** What the pointer is on, said beside it: `describe` gives lines for a day. */
export function told(chart, across, describe) {
  const show = (event) => {
    const { left, top } = chart.getBoundingClientRect();
    tell(describe(across.day(event.clientX - left)), event.clientX, top);
  };
  chart.addEventListener("pointermove", show);
  chart.addEventListener("pointerdown", show);
  chart.addEventListener("pointerleave", (event) => isTouch(event) || tell(null));
  return chart;
}

/** What a finger asked for stays when it lifts, until the next touch. */
export function isTouch({ pointerType }) {
  return pointerType === "touch";
}

export function tell(lines, x = 0, y = 0) {
  const tip = document.getElementById("tip");
  tip.hidden = !lines;
  if (!lines) {
    return;
  }
  tip.replaceChildren(...lines.map((line) => html("div", {}, line)));
  const { offsetWidth: width, offsetHeight: height } = tip;
  tip.style.left = `${Math.max(8, Math.min(x - width / 2, document.documentElement.clientWidth - width - 8))}px`;
  tip.style.top = `${y - height - 8 < 0 ? y + 28 : y - height - 8}px`;
}

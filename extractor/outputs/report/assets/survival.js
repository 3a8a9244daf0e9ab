// How long tracks stay in a playlist: the survival curve, and its half-life.

import { facts, fitted, folded, html, section, svg } from "./dom.js";
import { blocks, legend, scale, swatch, told } from "./charts.js";
import { survival } from "./metrics.js";
import { dataTable, shareColumn, sqlOf, sqlText, sqlUntil } from "./table.js";
import { count, number, percent } from "./words.js";

const HEIGHT = 180;
const ROOM = 14;
const TICK_ROOM = 62;
const TICKS = [1, 2, 7, 14, 28, 56, 91, 182, 364];

export function survivalSection(world, shown, playlist, stays) {
  const rows = `select age_days, at_risk, exits, survival, survival_min\nfrom survival(${sqlText(playlist.id)})`;
  const sql = sqlUntil(shown, rows);
  if (world.isCut) {
    return section("How long tracks stay", unknown(world), sqlOf(sql));
  }
  const found = survival(playlist, stays);
  if (found.stays === 0) {
    return section("How long tracks stay", "There is no stay whose beginning is known, so this can’t be estimated.");
  }
  return section(
    "How long tracks stay",
    "Share of the stays that last longer than a number of days (Kaplan–Meier). " +
      "Stays that go on count up to the last read. A track left at some moment between two reads. " +
      "At ages with few stays at risk, which the table has, the estimate says little.",
    facts(factsOf(found)),
    sqlOf(sqlUntil(shown, numbersSql(playlist))),
    endsEarly(found),
    found.ages.some(({ age, share, shareMin }) => age && share !== shareMin)
      ? legend([[swatch("between"), "between the earliest and the latest days on which tracks can have left"]])
      : null,
    fitted((width) => chart(found, width)),
    folded("All ages as a table", () => table(playlist, found, sql)),
  );
}

export function unknown({ calendar, days, daysKnown }) {
  return (
    `Not known from this page: it needs the whole history, of which this page has the last ${number(days)} of ` +
    `${count(daysKnown, "day")}, since ${calendar.say(0)}. The query gives it.`
  );
}

function factsOf({ stays, leftOut, halfLife, halfLifeMin, ages }) {
  const ended = ages.reduce((sum, { exits }) => sum + exits, 0);
  return [
    ["half-life", "Half-life in days", halfLife, boundsOf(halfLife, halfLifeMin)],
    ["survival-stays", "Stays counted", stays, `of which ${number(ended)} ended`],
    ["left-out", "Left out", leftOut, "began before the watch, on an unknown day"],
  ];
}

function numbersSql({ id }) {
  return `select half_life_days, half_life_days_min, stays, sum(exits) as ended, stays_left_out
from survival(${sqlText(id)})
group by all`;
}

function boundsOf(halfLife, halfLifeMin) {
  if (halfLife === halfLifeMin) {
    return halfLife === null ? "more than half are left" : "by the latest and the earliest ends";
  }
  if (halfLife === null) {
    return `${number(halfLifeMin)} by the earliest ends`;
  }
  const [least, most] = [Math.min(halfLife, halfLifeMin), Math.max(halfLife, halfLifeMin)];
  return halfLifeMin === null
    ? "by the latest ends; none by the earliest"
    : `${number(least)} to ${number(most)}, by the days on which tracks can have left`;
}

/** Why a curve may be 0 although stays have lasted longer; null if none has. */
function endsEarly({ ages, longest }) {
  const zero = ages.find(({ share }) => share === 0);
  return zero && zero.age < longest
    ? html(
        "p",
        { class: "notice" },
        `The curve is 0 from ${count(zero.age, "day")} on: all stays at risk at that age (${number(zero.atRisk)}) ` +
          "ended. Stays first seen at a greater age can’t raise it again; the longest has lasted " +
          `${count(longest, "day")}.`,
      )
    : null;
}

function chart(found, width) {
  const { halfLife } = found;
  const longest = found.ages.find(({ share, shareMin }) => share === 0 && shareMin === 0)?.age ?? found.longest;
  const ages = found.ages.filter(({ age }) => age <= longest);
  const pad = 40;
  const across = scale(0, Math.max(1, longest), Math.max(60, width - pad - 8));
  const y = (share) => Math.round((ROOM + (1 - share) * (HEIGHT - 2 * ROOM)) * 10) / 10;
  const step = TICKS.find((days) => days * across.step >= TICK_ROOM) ?? TICKS.at(-1);
  const ticks = Array.from({ length: Math.floor(longest / step) + 1 }, (_, tick) => tick * step);
  const drawing = svg(
    "svg",
    {
      class: "survival",
      width: across.width,
      height: HEIGHT + 18,
      role: "img",
      "aria-label": inWords(found, ages, longest),
    },
    ticks.map((age) => svg("path", { class: "grid", d: `M${across.x(age) + 0.5} 0V${HEIGHT}` })),
    [0, 0.25, 0.5, 0.75, 1].map((share) => [
      svg("path", { class: "level", d: `M0 ${Math.round(y(share)) + 0.5}H${across.width}` }),
      svg("text", { x: -7, y: y(share) + 4, "text-anchor": "end" }, percent(share, 0)),
    ]),
    svg("path", { class: "between", d: ages.map((one, index) => between(one, ages[index + 1], across, y)).join("") }),
    svg("path", { class: "line", d: stairs(ages, across, y) }),
    halfLife === null ? null : svg("path", { class: "cursor", d: `M${across.x(halfLife)} ${y(0.5)}V${HEIGHT}` }),
    ticks.map((age) => svg("text", { x: across.x(age), y: HEIGHT + 14 }, age ? number(age) : "0 days")),
  );
  return html("div", { class: "plotted" }, told(drawing, across, (age) => onAge(found, age)));
}

/** What lies between both bounds up to the next age. */
function between({ age, share, shareMin }, next, across, y) {
  const [top, bottom] = [y(Math.max(share, shareMin)), y(Math.min(share, shareMin))];
  return bottom > top ? blocks([[age, (next?.age ?? across.last + 1) - 1]], across, top, bottom - top) : "";
}

function stairs(ages, across, y) {
  const steps = ages.map(({ age, share }) => `H${across.x(age)}V${y(share)}`);
  return `M0 ${y(1)}${steps.join("")}H${across.width}`;
}

function onAge({ ages }, day) {
  const one = ages.findLast(({ age }) => age <= day);
  const [least, most] = [Math.min(one.share, one.shareMin), Math.max(one.share, one.shareMin)];
  const share = percent(least) === percent(most) ? percent(most) : `${percent(least)} to ${percent(most)}`;
  return [count(day, "day"), `${share} last longer`];
}

function inWords({ halfLife }, ages, longest) {
  const end = ages.at(-1);
  const half = halfLife === null ? "more than half are left" : `at most half are left after ${count(halfLife, "day")}`;
  return `Share of stays that last longer, over ${count(longest, "day")}: ${half}, ${percent(end.share)} at the end.`;
}

function table(playlist, { ages }, sql) {
  return dataTable({
    caption: `Survival of the stays in ${playlist.title}`,
    columns: [
      { title: "Days", of: ({ age }) => age, show: ({ age }) => number(age) },
      { title: "At risk", number: true, of: ({ atRisk }) => atRisk },
      { title: "Left", number: true, of: ({ exits }) => exits },
      shareColumn("Last longer", ({ share }) => share, 2),
      shareColumn("By earliest ends", ({ shareMin }) => shareMin, 2),
    ],
    rows: ages,
    sql,
  });
}

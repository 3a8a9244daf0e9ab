// A list: how well it is known, what came and went each day, every stay.

import { facts, few, fitted, html, name, section, spotifyLink, svg, table, titled, trackLink } from "./dom.js";
import { count, number } from "./words.js";
import { OUTCOMES, cover, isEntry, isExit, isUnobserved, spans } from "./world.js";
import { blocks, grid, hatching, legend, periods, row, swatch, timeline, told } from "./charts.js";
import { barLegend, bars } from "./gantt.js";

const WEEK = 7;
const RANKED = 8;
const ROWS = 30;
const CHURN = { height: 96, room: 6 };

export function playlistView(world, list) {
  const stays = world.staysIn(list);
  return [
    headline(world, list, stays),
    section(
      titled("Stays", periods(world, `#list=${encodeURIComponent(list.id)}`)),
      "Tracks that came or left last are first. Above: how many were first seen, and first seen missing, each day.",
      barLegend(),
      stays.length ? staysChart(world, list, stays) : html("p", { class: "empty" }, noStays(list)),
    ),
    ranked(world, stays),
  ];
}

function headline(world, list, stays) {
  const current = stays.filter(({ isCurrent }) => isCurrent);
  const [first, last] = [Math.max(0, world.days - WEEK), world.lastDay];
  const during = world.calendar.range(first, last);
  return html(
    "div",
    { class: "headline" },
    html(
      "p",
      { class: "eyebrow" },
      "Playlist",
      list.label ? [" · ", name(list.label)] : null,
      list.owner === "spotify" ? " · Spotify’s own" : null,
      list.isWatched ? null : " · no longer watched",
    ),
    html("h1", { tabindex: -1 }, name(list.title)),
    html("p", { class: "lead" }, ...coverInWords(world, list)),
    facts([
      ["current", "Tracks in it", current.length, "when it was last read"],
      ["entered", "Entered this week", stays.filter((stay) => isEntry(stay, first, last)).length, during],
      ["left", "Left this week", stays.filter((stay) => isExit(stay, first, last)).length, during],
      ["stays", "Stays", stays.length, `of ${count(new Set(stays.map(({ track }) => track)).size, "track")}`],
    ]),
    html("p", {}, spotifyLink("playlist", list.id)),
  );
}

function coverInWords({ calendar }, list) {
  const { days, observed } = cover(list);
  if (days === 0) {
    return ["It has not been read yet."];
  }
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

function noStays(list) {
  return Array.from(list.outcomes).some((letter) => letter === "c" || letter === "e")
    ? "It was read, and held no track on these days."
    : "It was never read to the end, so nothing is known of its tracks.";
}

function staysChart(world, list, stays) {
  const lines = [...Map.groupBy(stays, ({ track }) => track).values()]
    .filter((line) => line.at(-1).last >= world.from)
    .toSorted(
      (one, other) =>
        lastChange(other) - lastChange(one) || other.at(-1).added - one.at(-1).added || one[0].track - other[0].track,
    );
  const perDay = turnover(world, stays);
  const rest = lines.length > ROWS ? `Show all ${count(lines.length, "track")}` : null;
  return fitted((width) =>
    timeline(world, width, (across) => [
      html(
        "ol",
        { class: "rows" },
        row({ label: churnLegend(perDay), plot: churn(world, list, perDay, across), note: "" }),
      ),
      ...few(
        (from, to) =>
          lines.slice(from, to).map((line) =>
            row({
              label: trackLink(world.track(line[0].track)),
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

/** Entries and exits on the days that first show them. */
function turnover(world, stays) {
  const perDay = Array.from({ length: world.days }, (_, day) => ({ day, entered: 0, left: 0 }));
  stays
    .filter((stay) => isEntry(stay, 0, world.lastDay))
    .forEach(({ first }) => {
      perDay[first].entered += 1;
    });
  stays
    .filter((stay) => isExit(stay, 0, world.lastDay))
    .forEach(({ absent }) => {
      perDay[absent].left += 1;
    });
  return perDay;
}

function most(perDay, key) {
  return perDay.reduce((top, one) => Math.max(top, one[key]), 0);
}

function churnLegend(perDay) {
  return legend(
    [
      ["added", "entered"],
      ["removed", "left"],
    ].map(([mark, key]) => [
      swatch(mark),
      html("span", {}, key, html("span", { class: "most" }, `, at most ${most(perDay, key)} a day`)),
    ]),
  );
}

/** Entries upwards and exits downwards from a line. */
function churn(world, list, perDay, across) {
  const [top, bottom] = [most(perDay, "entered"), most(perDay, "left")];
  const unit = (CHURN.height - 2 * CHURN.room) / Math.max(top + bottom, 1);
  const zero = CHURN.room + top * unit;
  const gap = across.step > 5 ? 1.5 : 0;
  const column = (key, from) =>
    perDay
      .filter((one) => one[key])
      .map((one) => blocks([[one.day, one.day]], across, from(one[key]), one[key] * unit, gap))
      .join("");
  const sum = (key) => perDay.reduce((total, one) => total + one[key], 0);
  const label = `${count(sum("entered"), "entry", "entries")} and ${count(sum("left"), "exit")}`;
  const chart = svg(
    "svg",
    { class: "churn", width: across.width, height: CHURN.height, role: "img", "aria-label": label },
    grid(world.calendar, across, CHURN.height),
    hatching(list, across, CHURN.height),
    svg("path", { class: "added", d: column("entered", (entered) => zero - entered * unit) }),
    svg("path", { class: "removed", d: column("left", () => zero) }),
    svg("path", { class: "zero", d: `M0 ${Math.round(zero) + 0.5}H${across.width}` }),
  );
  return told(chart, across, (day) => [
    world.calendar.say(day),
    isUnobserved(list.outcomes[day])
      ? "not observed"
      : `${number(perDay[day].entered)} entered, ${number(perDay[day].left)} left`,
  ]);
}

function ranked(world, stays) {
  const current = stays.filter(({ isCurrent }) => isCurrent);
  if (current.length === 0) {
    return null;
  }
  const since = ({ added, isOlder, isClaimed }) => [
    html("span", { class: "value" }, world.calendar.say(added)),
    html("span", { class: "when" }, isClaimed ? "claimed" : isOlder ? "or earlier" : "first seen"),
  ];
  const shown = (title, chosen) =>
    table(
      title,
      ["Track", { title: "since", number: true }, { title: "days seen", number: true }],
      chosen.map((stay) => [trackLink(world.track(stay.track)), since(stay), number(stay.daysSeen)]),
    );
  const byAge = current.toSorted((one, other) => one.added - other.added || one.track - other.track);
  const newest = current.toSorted((one, other) => other.added - one.added || one.track - other.track);
  return section(
    "Now in it",
    "Spotify’s claim of the day of entry where it can be believed, else the first day of sight.",
    html(
      "div",
      { class: "pair" },
      shown("Newest", newest.slice(0, RANKED)),
      shown("Longest-standing", byAge.slice(0, RANKED)),
    ),
  );
}

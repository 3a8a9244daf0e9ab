// A track: how popular it was day by day, and where it was then.

import { facts, fitted, html, name, playlistLink, section, spotifyLink, svg, table, titled } from "./dom.js";
import { count, number } from "./words.js";
import { NO_VALUE, cover, isUsable, spans } from "./world.js";
import { blocks, grid, isTouch, legend, periods, row, swatch, tell, timeline } from "./charts.js";
import { barLegend, bars } from "./gantt.js";

const HEIGHT = 220;
const ROOM = 14;
const LEAST_SPAN = 20;

export function trackView(world, shown, track) {
  const stays = world.staysBy(track);
  const values = world.popularity(track.index);
  const known = knownIn(values, { first: 0, last: world.lastDay });
  return [
    headline(world, track, stays, known),
    section(
      titled("Popularity and stays", periods(world, shown)),
      "A line joins values of successive days only: a day without a value stays a gap. Shaded: days in a playlist.",
      html(
        "div",
        { class: "legends" },
        legend([[swatch("shade"), "in a playlist, darker in several"]]),
        stays.length ? barLegend() : null,
      ),
      known.length
        ? null
        : html("p", { class: "empty" }, "Spotify has told no popularity of this track on these days."),
      fitted((width) =>
        timeline(world, shown, width, (across) => [
          html(
            "ol",
            { class: "rows" },
            known.length
              ? row({ label: "Popularity", plot: popularity(world, values, stays, across), note: "" })
              : null,
          ),
          html(
            "ol",
            { class: "rows" },
            byPlaylist(stays.filter(({ last }) => last >= shown.first)).map((line) =>
              row({
                label: playlistLink(shown, line[0].playlist),
                plot: bars(world, line[0].playlist, line, across),
                note: count(line.length, "stay"),
              }),
            ),
          ),
        ]),
      ),
    ),
    section(
      "Stays",
      null,
      stays.length
        ? staysTable(world, shown, stays)
        : html("p", { class: "empty" }, "It was in no watched playlist on these days."),
    ),
    known.length ? valuesSection(world, known) : null,
  ];
}

function headline(world, { id, title, artists, album, released }, stays, known) {
  const about = [artists ? name(artists) : null, album ? name(album) : null, released ? String(released) : null].filter(
    (part) => part !== null,
  );
  const lowest = Math.min(...known.map(({ value }) => value));
  const highest = Math.max(...known.map(({ value }) => value));
  return html(
    "div",
    { class: "headline" },
    html("p", { class: "eyebrow" }, "Track"),
    html("h1", { tabindex: -1 }, name(title)),
    html(
      "p",
      { class: "lead" },
      about.flatMap((part, index) => (index ? [" · ", part] : [part])),
    ),
    facts([
      [
        "playlists",
        "Playlists",
        byPlaylist(stays).length,
        `in ${number(stays.filter(({ isCurrent }) => isCurrent).length)} when last read`,
      ],
      ["stays", "Stays", stays.length, world.calendar.range(0, world.lastDay)],
      ["values", "Days with a popularity", known.length, `of ${count(world.days, "day")}`],
      ...(known.length
        ? [
            [
              "popularity",
              "Last popularity",
              known.at(-1).value,
              `on ${world.calendar.short(known.at(-1).day)}; ${lowest} to ${highest}`,
            ],
          ]
        : []),
    ]),
    html("p", {}, spotifyLink("track", id)),
  );
}

function knownIn(values, { first, last }) {
  return Array.from(values, (value, day) => ({ day, value })).filter(
    ({ day, value }) => first <= day && day <= last && value !== NO_VALUE,
  );
}

function byPlaylist(stays) {
  return [...Map.groupBy(stays, ({ playlist }) => playlist).values()];
}

/** The values that the chart has room for: those there are, in tens. */
function extent(known) {
  const values = known.map(({ value }) => value);
  const [least, most] = values.length ? [Math.min(...values), Math.max(...values)] : [0, 0];
  let [low, high] = [Math.floor(least / 10) * 10, Math.ceil(most / 10) * 10];
  while (high - low < LEAST_SPAN) {
    [low, high] = low > 0 && (high === 100 || least - low < high - most) ? [low - 10, high] : [low, high + 10];
  }
  return [low, high];
}

function popularity(world, values, stays, across) {
  const known = knownIn(values, across);
  const [low, high] = extent(known);
  const y = (value) => Math.round((HEIGHT - ROOM - ((value - low) / (high - low)) * (HEIGHT - 2 * ROOM)) * 10) / 10;
  const x = (day) => across.x(day + 0.5);
  const at = ({ day, value }) => `${x(day)} ${y(value)}`;
  const runs = spans(values, (value, day) => (value === NO_VALUE || day < across.first ? null : "value"));
  const line = runs
    .filter(([from, to]) => to > from)
    .map(
      ([from, to]) =>
        `M${known
          .filter(({ day }) => from <= day && day <= to)
          .map(at)
          .join("L")}`,
    )
    .join("");
  const alone =
    across.step > 9 ? known : known.filter(({ day }) => runs.some(([from, to]) => from === day && to === day));
  const levels = Array.from({ length: (high - low) / 10 + 1 }, (_, index) => low + index * 10);
  const cursor = svg("path", { class: "cursor" });
  const summary = known.length
    ? `Popularity from ${known[0].value} on ${world.calendar.say(known[0].day)} to ${known.at(-1).value} on ` +
      `${world.calendar.say(known.at(-1).day)}. Arrow keys tell single days.`
    : "No popularity on these days.";
  const chart = svg(
    "svg",
    { class: "popularity", width: across.width, height: HEIGHT, role: "img", tabindex: 0, "aria-label": summary },
    shades(stays, across),
    grid(world.calendar, across, HEIGHT),
    svg("path", {
      class: "level",
      d: levels.map((level) => `M0 ${Math.round(y(level)) + 0.5}H${across.width}`).join(""),
    }),
    cursor,
    svg("path", { class: "line", d: line }),
    alone.map(({ day, value }) => svg("circle", { class: "value", cx: x(day), cy: y(value), r: 2.5 })),
    levels.map((level) => svg("text", { x: -7, y: y(level) + 4, "text-anchor": "end" }, level)),
  );
  return pointed(chart, cursor, across, (day) => onDay(world, values, stays, day));
}

/** Days in playlists, darker the more there are. */
function shades(stays, across) {
  const lists = Array.from(
    { length: across.last + 1 },
    (_, day) => stays.filter(({ first, last }) => first <= day && day <= last).length,
  );
  const most = Math.max(...lists);
  return spans(lists, (there) => there || null).map((run) =>
    svg("path", { class: "shade", "fill-opacity": 0.06 + (0.14 * run[2]) / most, d: blocks([run], across, 0, HEIGHT) }),
  );
}

function onDay({ calendar }, values, stays, day) {
  const where = stays
    .filter(({ first, last }) => first <= day && day <= last)
    .map(({ playlist }) => [name(playlist.title), isUsable(playlist.outcomes[day]) ? "" : " (not observed)"]);
  return [
    calendar.say(day),
    values[day] === NO_VALUE ? "no value" : `popularity ${values[day]}`,
    ...where.map((parts) => html("span", {}, parts)),
  ];
}

/** A cursor over the days, for the pointer and for arrow keys. */
function pointed(chart, cursor, across, describe) {
  let current = across.last;
  const show = (day) => {
    current = Math.max(across.first, Math.min(across.last, day));
    const place = across.x(current + 0.5);
    const { left, top } = chart.getBoundingClientRect();
    cursor.setAttribute("d", `M${place} 0V${HEIGHT}`);
    tell(describe(current), left + place, top + ROOM);
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

function staysTable({ calendar }, shown, stays) {
  const rows = stays
    .toSorted((one, other) => other.first - one.first || one.playlist.index - other.playlist.index)
    .map(({ playlist, added, first, last, absent, isOlder, isClaimed, daysSeen }) => {
      const known = cover({ outcomes: playlist.outcomes.slice(Math.max(0, first), last + 1) });
      return [
        playlistLink(shown, playlist),
        [
          calendar.say(added),
          html("span", { class: "when" }, isClaimed ? "claimed" : isOlder ? "or earlier" : "first seen"),
        ],
        calendar.say(last),
        absent === null ? "still there" : `by ${calendar.say(absent)}`,
        first < 0 ? number(daysSeen) : `${number(daysSeen)} of ${number(known.days)}`,
      ];
    });
  return table(
    "Where it was, newest first",
    ["Playlist", ...["since", "last seen", "gone", "days seen"].map((title) => ({ title, number: true }))],
    rows,
    { quiet: true },
  );
}

function valuesSection({ calendar }, known) {
  const details = html(
    "details",
    {
      toggle: () => {
        if (details.open && details.childElementCount === 1) {
          details.append(
            table(
              "Popularity by day",
              ["Day", { title: "popularity", number: true }],
              known.toReversed().map(({ day, value }) => [calendar.say(day), value]),
            ),
          );
        }
      },
    },
    html("summary", {}, "All values as a table"),
  );
  return details;
}

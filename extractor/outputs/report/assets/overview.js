// The first view: how much was observed, what moved this week, and the last runs.

import { facts, few, fitted, html, playlistLink, section, svg, titled } from "./dom.js";
import { count, number } from "./words.js";
import { NO_VALUE, OUTCOMES, cover, isUsable, lastRead } from "./world.js";
import { grid, outcomeLegend, periods, row, strip, timeline, told } from "./charts.js";
import { moversSection, turnoverSection } from "./movers.js";
import { runsSection } from "./runs.js";

const ROWS = 20;

export function overview(world, shown) {
  return [headline(world), coverage(world, shown), moversSection(world, shown), turnoverSection(world, shown), runsSection(world)];
}

function headline(world) {
  const { calendar, playlists, days, lastDay } = world;
  const observed = calendar.days - unobservedDays(world);
  const covers = playlists.map(cover);
  const sum = (key) => covers.reduce((total, one) => total + one[key], 0);
  const watched = playlists.filter(({ isWatched }) => isWatched);
  const read = watched.filter(({ outcomes }) => isUsable(outcomes[lastDay])).length;
  const current = new Set(world.stays.track.filter((_, stay) => world.stays.absent_after[stay] === null)).size;
  const known = playlists.some((list) => lastRead(list) !== null);
  const never = watched.filter((list) => lastRead(list) === null).length;
  const [values, valued] = valueCounts(world);
  return html(
    "div",
    { class: "headline" },
    html("p", { class: "eyebrow" }, calendar.range(0, lastDay)),
    html(
      "h1",
      { tabindex: -1 },
      `${count(playlists.length, "playlist")}, ${number(observed)} of ${count(days, "day")} observed`,
    ),
    html(
      "p",
      { class: "lead" },
      "A day counts as observed once any playlist was read on it; how well each of them is known is shown below.",
    ),
    leftOut(world),
    facts([
      [
        "watched",
        "Playlists watched",
        watched.length,
        `${number(read)} of ${number(watched.length)} read on ${calendar.short(lastDay)}` +
          (never ? `; ${number(never)} never read` : ""),
      ],
      [
        "observed",
        "Playlist days observed",
        sum("observed"),
        `of ${number(sum("days"))}; ${number(sum("days") - sum("observed"))} prove nothing`,
      ],
      [
        "current",
        "Tracks in playlists",
        known ? current : null,
        known ? `when last read; ${number(world.tracks.id.length)} seen in all` : "no playlist was ever read",
      ],
      [
        "values",
        "Popularity values",
        values,
        values ? `for ${count(valued, "track")} on ${calendar.short(lastDay)}` : "none came from Spotify",
      ],
    ]),
  );
}

function unobservedDays({ playlists, days }) {
  let unobserved = 0;
  for (let day = 0; day < days; day += 1) {
    unobserved += playlists.some(({ outcomes }) => isUsable(outcomes[day])) ? 0 : 1;
  }
  return unobserved;
}

function valueCounts({ values, days }) {
  let [all, last] = [0, 0];
  for (let cell = 0; cell < values.length; cell += 1) {
    if (values[cell] !== NO_VALUE) {
      all += 1;
      last += cell % days === days - 1 ? 1 : 0;
    }
  }
  return [all, last];
}

function leftOut({ days, daysKnown, calendar }) {
  return daysKnown > days
    ? html(
        "p",
        { class: "notice" },
        `This page shows the last ${count(days, "day")}, so that it opens quickly: ` +
          `the database has ${number(daysKnown)}. Stays that ended before ${calendar.say(0)}, earlier popularity, ` +
          "and the tracks that have neither since then are left out here.",
      )
    : null;
}

function coverage(world, shown) {
  const ranked = world.playlists.toSorted(
    (one, other) => other.isWatched - one.isWatched || missing(other) - missing(one) || one.index - other.index,
  );
  const letters = new Set(world.playlists.flatMap(({ outcomes }) => [...new Set(outcomes)]));
  const rest = ranked.length > ROWS ? `Show all ${number(ranked.length)} playlists` : null;
  return section(
    titled("Coverage", periods(world, shown)),
    "Every playlist, day by day; those least observed first. Blue days are observed. The others prove nothing: no " +
      "track is taken to have left on them.",
    outcomeLegend(letters),
    fitted((width) =>
      timeline(world, shown, width, (across) =>
        few((from, to) => ranked.slice(from, to).map((list) => coverageRow(world, shown, list, across)), ROWS, rest),
      ),
    ),
  );
}

function missing(list) {
  const { days, observed } = cover(list);
  return days - observed;
}

function coverageRow({ calendar }, shown, list, across) {
  const { days, observed } = cover(list);
  const chart = svg(
    "svg",
    {
      class: "strip",
      width: across.width,
      height: 18,
      role: "img",
      "aria-label": `${observed} of ${days} days observed`,
    },
    grid(calendar, across, 18),
    strip(list, across, 18),
  );
  return row({
    label: playlistLink(shown, { ...list, label: noteOn(list) }),
    plot: told(chart, across, (day) => [calendar.say(day), outcomeOn(list, day)]),
    note: html(
      "span",
      { "data-cover": list.id, title: "days observed, of those since its first read" },
      `${observed}/${days}`,
    ),
  });
}

function noteOn(list) {
  if (!list.isWatched) {
    return "no longer watched";
  }
  return lastRead(list) === null ? "never read" : list.label;
}

function outcomeOn(list, day) {
  const { name, meaning } = OUTCOMES[list.outcomes[day]] ?? { name: "not watched yet" };
  const reason = list.reasons.get(day) ?? meaning;
  return reason ? `${name}: ${reason}` : name;
}

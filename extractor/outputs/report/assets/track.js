// A track: how popular it was day by day, where it was then, and its other ids.

import {
  artistLink,
  facts,
  few,
  fitted,
  folded,
  html,
  name,
  playlistLink,
  section,
  spotifyLink,
  svg,
  titled,
} from "./dom.js";
import { aroundSection } from "./around.js";
import { legend, periods, row, swatch, timeline } from "./charts.js";
import { barLegend, bars } from "./gantt.js";
import { isSpread, lineChart, niceLimits } from "./lines.js";
import { daysFrom } from "./metrics.js";
import { holdersSection, linesOf, positionsRow, shortened, staysQuery, staysShown } from "./positions.js";
import { dataTable, dayColumn, sqlAmongPlaylists, sqlAmongTracks, sqlOf, sqlText, trackColumn } from "./table.js";
import { count, number } from "./words.js";
import { NO_VALUE, isUsable, readBefore, spans } from "./world.js";

const BARS = 12; // playlists that have one at first
const LEAST_SPAN = 20; // of popularity

export function trackView(world, shown, track) {
  const stays = staysShown(world, shown, track);
  const lines = linesOf(world, track, stays);
  const values = Array.from(world.popularity(track.index), (value) => (value === NO_VALUE ? null : value));
  const known = daysFrom(shown.first, shown.last).filter((day) => values[day] !== null);
  return [
    headline(world, shown, track, stays, values, known),
    timelineSection(world, shown, lines, values, known),
    holdersSection(world, shown, track, lines),
    aroundSection(world, shown, track, stays),
    recordingsSection(world, shown, track),
    known.length ? valuesSection(world, shown, track, values, known) : null,
  ].filter(Boolean);
}

function headline(world, shown, track, stays, values, known) {
  const { id, title, album, released, isrc } = track;
  const about = [
    artists(world, shown, track),
    album ? name(album) : null,
    released ? `released ${world.calendar.written(released)}` : null,
    isrc ? `ISRC ${isrc}` : null,
  ].filter(Boolean);
  return html(
    "div",
    { class: "headline" },
    html("p", { class: "eyebrow" }, "Track"),
    html("h1", { tabindex: -1 }, name(title)),
    html(
      "p",
      { class: "lead" },
      about.flatMap((part, index) => (index ? [" · ", part] : [part])).flat(),
    ),
    facts(numbers(world, shown, stays, values, known)),
    html(
      "div",
      { class: "beside-facts" },
      sqlOf(factsQuery(world, shown, track)),
      html("p", {}, spotifyLink("track", id)),
    ),
  );
}

/** The artists, linked; as they are written if one of them has no id. */
function artists(world, shown, { by, artists: written }) {
  const links = by.map((artist) => world.artist(artist));
  if (links.map(({ title }) => title).join(", ") !== written) {
    return written ? name(written) : null;
  }
  return links.flatMap((artist, index) => (index ? [", ", artistLink(shown, artist)] : [artistLink(shown, artist)]));
}

function numbers({ calendar, playlists, playlistsKnown }, shown, stays, values, known) {
  const now = stays.filter(({ isCurrent }) => isCurrent);
  const unknown = now.map(({ unknownSince }) => unknownSince).filter((day) => day !== null);
  const until = unknown.length ? calendar.brief(Math.max(...unknown)) : null;
  const less = until === null ? "" : `, ${number(unknown.length)} of them not known since ${until}`;
  const ever = new Set(stays.map(({ playlist }) => playlist)).size;
  const others = playlistsKnown > playlists.length ? "; others are not in this page" : "";
  const above = known.filter((day) => values[day] > 0);
  const range = above.map((day) => values[day]);
  const zeros = known.length - above.length;
  return [
    ["now", "Playlists now", now.length, `as last read${less}${others}`],
    ["playlists", "Playlists", ever, calendar.range(shown.first, shown.last)],
    [
      "popularity",
      "Last popularity",
      above.length ? values[above.at(-1)] : null,
      above.length
        ? `on ${calendar.brief(above.at(-1))}; ${Math.min(...range)} to ${Math.max(...range)}`
        : `Spotify has told none${zeros ? " but 0" : ""} on these days`,
    ],
    [
      "values",
      "Days with a popularity",
      above.length,
      `of ${count(shown.last - shown.first + 1, "day")}` +
        (zeros ? `; on ${number(zeros)} more it was 0, which may mean none` : ""),
    ],
  ];
}

function factsQuery(world, shown, track) {
  const [from, to] = [shown.first, shown.last].map((day) => `date '${shown.calendar.iso(day)}'`);
  const sql = `known as (
    select date, popularity from track_daily_popularity
    where track_id = ${sqlText(track.id)} and date between ${from} and ${to} and popularity > 0
)

select
    (select count(distinct playlist_id) from stays where first_absent is null) as "playlists now",
    (select count(distinct playlist_id) from stays) as playlists,
    (select arg_max(popularity, date) from known) as "last popularity",
    (select count(*) from known) as "days with a popularity"`;
  return staysQuery(world, shown, track, sql);
}

function timelineSection(world, shown, lines, values, known) {
  const changes = changesOf(world.calendar, lines.flatMap(({ stays }) => stays));
  const isAnySpread = changes.some((one) => isSpread(one) && one.from < shown.last && shown.first <= one.day);
  const barOf = (across) => (line) =>
    row({
      label: playlistLink(shown, line.playlist),
      plot: bars(world, line.playlist, line.stays, across),
      note: count(line.stays.length, "stay"),
    });
  return section(
    titled("Popularity and playlists", periods(world, shown)),
    "A line joins values of successive days: where nothing was observed, it has a gap.",
    html(
      "div",
      { class: "legends" },
      legend([
        [swatch("shade"), "in a playlist, darker in several"],
        [ruleMark("added"), "added to a playlist"],
        [ruleMark("removed"), "removed"],
        ...(isAnySpread
          ? [
              [
                [swatch("while added"), swatch("while removed")],
                "between two reads: the change happened somewhere here",
              ],
            ]
          : []),
      ]),
      lines.length ? barLegend() : null,
    ),
    known.length ? null : html("p", { class: "empty" }, "Spotify has told no popularity of this track on these days."),
    fitted((width) =>
      timeline(world, shown, width, (across) => [
        html("ol", { class: "rows" }, [
          known.length ? popularityRow(world, lines, changes, values, across) : null,
          positionsRow(world, lines, across),
        ]),
        few(
          (from, to) => lines.slice(from, to).map(barOf(across)),
          BARS,
          lines.length > BARS ? `Show all ${number(lines.length)} playlists` : null,
        ),
      ]),
    ),
  );
}

function ruleMark(kind) {
  const rule = svg("path", { class: `rule ${kind}`, d: "M2 0V12" });
  return svg("svg", { width: 4, height: 12, "aria-hidden": true }, rule);
}

/** When the track was added and removed: after the read on `from`, and by the one on `day`. */
function changesOf(calendar, stays) {
  const change = (playlist, isAdded, from, day) => {
    const when = day - from > 1 ? calendar.between(from, day) : `on ${calendar.brief(day)}`;
    return {
      kind: isAdded ? "added" : "removed",
      from,
      day,
      text: `${isAdded ? "added to" : "removed from"} ${playlist.title} ${when}`,
      sign: isAdded ? "+" : "−",
      label: playlist.title,
    };
  };
  return stays.flatMap(({ playlist, first, last, absent, isOlder }) => [
    ...(isOlder ? [] : [change(playlist, true, readBefore(playlist, first) ?? first - 1, first)]),
    ...(absent === null ? [] : [change(playlist, false, last, absent)]),
  ]);
}

function popularityRow(world, lines, changes, values, across) {
  const days = daysFrom(across.first, across.last);
  const known = days.filter((day) => values[day] !== null);
  const [first, last] = [known[0], known.at(-1)];
  const chart = lineChart(world, across, {
    series: [{ values }],
    limits: niceLimits(known.map((day) => values[day]), { span: LEAST_SPAN, least: 0, most: 100 }),
    height: 220,
    shades: shades(lines, days),
    rules: changes,
    tellOf: (day) => told(world, lines, changes, values, day),
    label:
      `Popularity from ${values[first]} on ${world.calendar.say(first)} to ${values[last]} on ` +
      `${world.calendar.say(last)}; ${changes.map(({ text }) => text).slice(0, BARS).join(", ") || "no changes"}.`,
  });
  return row({ label: "Popularity", plot: chart, note: "" });
}

/** Days in playlists, darker the more there are. */
function shades(lines, days) {
  const stays = lines.flatMap((line) => line.stays);
  const there = days.map((day) => stays.filter(({ first, last }) => first <= day && day <= last).length);
  const most = Math.max(...there);
  return spans(there, (playlists) => playlists || null).map(([from, to, playlists]) => [
    days[from],
    days[to],
    0.06 + (0.14 * playlists) / most,
  ]);
}

function told({ calendar }, lines, changes, values, day) {
  const there = lines
    .filter(({ stays }) => stays.some(({ first, last }) => first <= day && day <= last))
    .map(({ playlist, positions }) => {
      const place = positions[day] === null ? "not observed" : `position ${positions[day]}`;
      return html("span", {}, name(playlist.title), `: ${isUsable(playlist.outcomes[day]) ? place : "not observed"}`);
    });
  return [
    calendar.say(day),
    values[day] === null ? "no popularity" : `popularity ${values[day]}`,
    ...shortened([
      ...changes.filter(({ from, day: by }) => from < day && day <= by).map(({ text }) => name(text)),
      ...there,
    ]),
  ];
}

/** The other ids of the same recording. */
function recordingsSection(world, shown, track) {
  const others = world.sameRecording(track).filter((index) => index !== track.index);
  if (others.length === 0) {
    return null;
  }
  const now = (other) => {
    const stays = world.staysBy(other).filter(({ isCurrent }) => isCurrent);
    return [...new Set(stays.map(({ playlist }) => playlist))];
  };
  return section(
    "The same recording under other ids",
    `Tracks with the ISRC ${track.isrc}. Playlists now: as last read.`,
    dataTable({
      caption: "The same recording under other ids",
      columns: [
        trackColumn(shown, "track", (other) => other),
        { title: "id", of: ({ id }) => id },
        { title: "album", of: ({ album }) => album },
        { title: "released", of: ({ released }) => released },
        { title: "playlists now", of: (other) => now(other).length, number: true },
        {
          title: "in",
          of: (other) => now(other).map(({ title }) => title).join("; "),
          show: (other) => now(other).flatMap((playlist, index) => [index ? ", " : "", playlistLink(shown, playlist)]),
        },
      ],
      rows: others.map((index) => world.track(index)),
      sql: recordingsQuery(world, shown, track),
    }),
  );
}

function recordingsQuery(world, { calendar, last }, { id, isrc }) {
  const to = `date '${calendar.iso(last)}'`;
  const among = sqlAmongTracks(world, "track_info.track_id");
  return `select
    any_value(track_info.track_name) as track,
    track_info.track_id as id,
    any_value(track_info.album_name) as album,
    any_value(case track_info.release_date_precision
        when 'day' then strftime(track_info.release_date, '%Y-%m-%d')
        when 'month' then strftime(track_info.release_date, '%Y-%m')
        else strftime(track_info.release_date, '%Y')
    end) as released,
    count(distinct stays.playlist_id) as "playlists now"
from track_info
left join tracks_in_playlist as stays
    on
        track_info.track_id = stays.track_id
        and stays.first_seen <= ${to}
        and coalesce(stays.first_absent > ${to}, true)${sqlAmongPlaylists(world, "stays.playlist_id")}
where track_info.isrc = ${sqlText(isrc)} and track_info.track_id <> ${sqlText(id)}${among}
group by track_info.track_id`;
}

function valuesSection({ calendar }, shown, { id }, values, known) {
  const [from, to] = [shown.first, shown.last].map((day) => calendar.iso(day));
  return folded("All values as a table", () =>
    dataTable({
      caption: "Popularity by day",
      columns: [
        dayColumn(calendar, "day", (day) => day),
        { title: "popularity", of: (day) => values[day], number: true },
      ],
      rows: known.toReversed(),
      limit: Infinity,
      sql: `select date as day, popularity
from track_daily_popularity
where track_id = ${sqlText(id)} and date between '${from}' and '${to}'
order by date desc`,
    }),
  );
}

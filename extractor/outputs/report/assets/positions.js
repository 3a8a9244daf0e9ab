// Where a track was: its positions over time, and its stays as a table.

import { dated, html, name, titled } from "./dom.js";
import { legend, row } from "./charts.js";
import { lineChart, lineMark, niceLimits } from "./lines.js";
import { daysFrom, positionsOf } from "./metrics.js";
import { dataTable, dayColumn, playlistColumn, sqlAmongPlaylists, sqlDay, sqlText, sqlUntil } from "./table.js";
import { count } from "./words.js";
import { isUsable, readBefore } from "./world.js";

const MOST_TOLD = 12;

/** The stays of a track that are not over before the days shown. */
export function staysShown(world, shown, track) {
  return world.staysBy(track).filter(({ absent }) => absent === null || absent >= shown.first);
}

/** A query of these stays. */
export function staysQuery(world, shown, { id }, sql) {
  const from = sqlDay(shown.calendar, shown.first);
  const stays = `with stays as (
    select * from tracks_in_playlist
    where track_id = ${sqlText(id)} and (first_absent is null or first_absent >= ${from})${sqlAmongPlaylists(world)}
)`;
  return sqlUntil(shown, `${stays},\n\n${sql}`);
}

/** Each playlist of the stays with the track's positions in it. */
export function linesOf(world, track, stays) {
  return [...Map.groupBy(stays, ({ playlist }) => playlist)].map(([playlist, those]) => ({
    playlist,
    stays: those,
    positions: positionsOf(world, track, playlist),
  }));
}

/** The row of a timeline with a line for each playlist, the first position on top. */
export function positionsRow(world, lines, across) {
  const inDays = ({ positions }) => positions.slice(across.first, across.last + 1);
  const drawn = lines.filter((line) => inDays(line).some((position) => position !== null));
  const known = drawn.flatMap(inDays).filter((position) => position !== null);
  if (known.length === 0) {
    return null;
  }
  const chart = lineChart(world, across, {
    series: drawn.map(({ playlist, positions }) => ({
      values: positions,
      end: across.isStacked ? null : playlist.title,
    })),
    limits: niceLimits([1, ...known], { span: 4, least: 1 }),
    height: 220,
    isUpsideDown: true,
    tellOf: (day) => [
      world.calendar.say(day),
      ...shortened(drawn.filter(({ positions }) => positions[day] !== null).map((line) => said(line, day))),
    ],
    label:
      `Positions in ${count(drawn.length, "playlist")}, ` +
      `from ${Math.min(...known)} to ${Math.max(...known)}; 1 is the top.`,
  });
  const names = across.isStacked ? lineLegend(drawn.map(({ playlist }) => playlist)) : null;
  return row({ label: ["Position", names], plot: chart, note: "" });
}

/** The playlists of the lines, where there is no room beside these. */
function lineLegend(playlists) {
  return legend(
    shortened(playlists.map(({ title }, index) => [lineMark(index), name(title)])).map((one) => [one].flat()),
  );
}

function said({ playlist, positions }, day) {
  return html("span", {}, name(playlist.title), `: ${positions[day]}`);
}

/** The first lines of many that are told, and how many more there are. */
export function shortened(lines) {
  const more = lines.length - MOST_TOLD;
  return more > 1 ? [...lines.slice(0, MOST_TOLD), `and ${more} more`] : lines;
}

/** What the days shown tell of a stay: positions, and on how many of the observed days the track was seen. */
function facts(shown, stay, positions) {
  const days = daysFrom(Math.max(stay.first, shown.first), Math.min(stay.last, shown.last));
  const observed = days.filter((day) => isUsable(stay.playlist.outcomes[day]));
  const seen = observed.filter((day) => positions[day] !== null);
  const best = seen.length ? Math.min(...seen.map((day) => positions[day])) : null;
  return {
    ...stay,
    best,
    bestOn: seen.find((day) => positions[day] === best) ?? null,
    position: seen.length ? positions[seen.at(-1)] : null,
    seen: seen.length,
    observed: observed.length,
  };
}

export function holdersSection(world, shown, track, lines) {
  const { calendar } = world;
  const rows = lines
    .flatMap(({ stays, positions }) => stays.map((stay) => facts(shown, stay, positions)))
    .toSorted((one, other) => other.isCurrent - one.isCurrent || other.last - one.last || other.first - one.first);
  const iso = (day) => (day === null ? null : calendar.iso(day));
  const columns = [
    playlistColumn(shown, "playlist"),
    { title: "since", of: ({ added }) => iso(added), show: (stay) => since(calendar, stay) },
    dayColumn(calendar, "last seen", ({ last }) => last),
    { title: "removed", of: ({ absent }) => iso(absent), show: (stay) => removed(calendar, stay) },
    { title: "best position", of: ({ best }) => best, number: true },
    dayColumn(calendar, "first on", ({ bestOn }) => bestOn),
    { title: "last position", of: ({ position }) => position, number: true },
    { title: "days seen", of: ({ seen }) => seen, number: true },
    { title: "days observed", of: ({ observed }) => observed, number: true },
  ];
  return html(
    "section",
    {},
    titled("Playlists now and before"),
    html("p", { class: "about" }, `Positions and days are those of ${calendar.range(shown.first, shown.last)}.`),
    dataTable({
      caption: "Playlists now and before",
      columns,
      rows,
      sql: query(world, shown, track),
      empty: "It was in no playlist of this page on these days.",
    }),
  );
}

/** Since when a track is in a playlist, and how that is known. */
function since(calendar, { playlist, first, added, isOlder, isClaimed }) {
  const before = readBefore(playlist, first);
  const isSure = before === null || before === first - 1;
  const seen = isSure ? "first seen" : `first seen; ${calendar.between(before, first)}`;
  const how = isOlder && !isClaimed ? "or earlier" : isClaimed ? "claimed" : seen;
  return [dated(calendar, added), " ", html("small", {}, how)];
}

/** When a stay ended, or up to when it is known. */
export function removed(calendar, { last, absent, unknownSince }) {
  if (absent === null) {
    return unknownSince === null ? "still there" : `not known since ${calendar.brief(unknownSince)}`;
  }
  return absent - last > 1 ? calendar.between(last, absent) : dated(calendar, absent);
}

function query(world, shown, track) {
  const [from, to] = [shown.first, shown.last].map((day) => shown.calendar.iso(day));
  const sql = `days as (
    select stays.playlist_id, stays.first_seen, days.date, min(entries.position) as position
    from stays
    inner join playlist_days as days
        on
            stays.playlist_id = days.playlist_id
            and days.date between stays.first_seen and stays.last_seen
            and days.date between date '${from}' and date '${to}'
            and days.outcome in ('complete', 'unchanged')
    left join tracklists as entries
        on
            stays.playlist_id = entries.playlist_id
            and entries.track_id = ${sqlText(track.id)}
            and days.date between entries.first_day and entries.last_day
    group by all
)

select
    any_value(coalesce(playlists.playlist_name, playlists.label, playlists.playlist_id)) as playlist,
    stays.added_at as since,
    stays.last_seen as "last seen",
    stays.first_absent as removed,
    min(days.position) as "best position",
    first(days.date order by days.position, days.date) filter (days.position is not null) as "first on",
    first(days.position order by days.date desc) filter (days.position is not null) as "last position",
    count(days.position) as "days seen",
    count(days.date) as "days observed"
from stays
inner join playlists on stays.playlist_id = playlists.playlist_id
left join days on stays.playlist_id = days.playlist_id and stays.first_seen = days.first_seen
group by stays.playlist_id, stays.first_seen, stays.added_at, stays.last_seen, stays.first_absent
order by stays.first_absent is null desc, stays.last_seen desc, stays.first_seen desc`;
  return staysQuery(world, shown, track, sql);
}

// How well the playlists are known: one line, which opens a row of days for each.

import { few, fitted, html, playlistLink, section, svg } from "./dom.js";
import { grid, outcomeLegend, row, strip, timeline, told } from "./charts.js";
import { sqlAmongPlaylists, sqlDay, sqlOf } from "./table.js";
import { count, number } from "./words.js";
import { OUTCOMES, cover, isUsable, lastRead, unasked, unwatched } from "./world.js";

const ROWS = 20;

export function coverageSection(world, shown) {
  const summary = html("summary", {}, inWords(world, shown.last + 1));
  const days = html("details", { class: "wall" }, summary, wall(world, shown), sqlOf(sqlOfRows(world, shown)));
  return section("Coverage", null, days, sqlOf(sqlOfLine(world, shown)));
}

function inWords({ playlists, isPast }, days) {
  const isObserved = (day) => playlists.some(({ outcomes }) => isUsable(outcomes[day]));
  const observed = Array.from({ length: days }, (_, day) => day).filter(isObserved).length;
  const read = playlists.filter((playlist) => lastRead(playlist) !== null);
  const withGaps = read.filter((playlist) => missing(playlist) > 0).length;
  const never = playlists.filter((playlist) => playlist.isWatched && lastRead(playlist) === null).length;
  return [
    `${number(observed)} of ${count(days, "day")} observed`,
    withGaps ? `; ${count(withGaps, "playlist")} with gaps` : "; no playlist with gaps",
    never ? `; ${number(never)} ${isPast ? "not read by then" : "never read"}` : "",
  ].join("");
}

function wall(world, shown) {
  const ranked = world.playlists.toSorted(
    (one, other) => other.isWatched - one.isWatched || missing(other) - missing(one) || one.index - other.index,
  );
  const letters = new Set(world.playlists.flatMap(({ outcomes }) => [...new Set(outcomes)]));
  const rest = ranked.length > ROWS ? `Show all ${number(ranked.length)} playlists` : null;
  const all = { first: 0, last: shown.last };
  return [
    html(
      "p",
      { class: "about" },
      "Every playlist on every day of this page; those least observed first. Blue and green days are observed. The " +
        "others prove nothing: no track is taken to have left on them.",
    ),
    outcomeLegend(letters),
    fitted((width) =>
      timeline(world, all, width, (across) =>
        few((from, to) => ranked.slice(from, to).map((one) => coverageRow(world, shown, one, across)), ROWS, rest),
      ),
    ),
  ];
}

function missing(playlist) {
  const { days, observed } = cover(playlist);
  return days - observed;
}

function coverageRow({ calendar }, shown, playlist, across) {
  const { days, observed } = cover(playlist);
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
    strip(playlist, across, 18),
  );
  return row({
    label: playlistLink(shown, { ...playlist, label: noteOn(playlist) }),
    plot: told(chart, across, (day) => [calendar.say(day), outcomeOn(playlist, day)]),
    note: html(
      "span",
      { "data-cover": playlist.id, title: "days observed, of those since its first request or import" },
      days ? `${observed}/${days}` : "–", // last read before the days of the page
    ),
  });
}

/** How many days of each playlist were observed, and of how many. */
function sqlOfRows(world, { last }) {
  const [from, to] = [0, last].map((day) => sqlDay(world.calendar, day));
  const among = sqlAmongPlaylists(world, "playlists.playlist_id", "where");
  return `select
    coalesce(playlist_name, label, playlists.playlist_id) as playlist,
    playlists.is_watched,
    count(date) filter (where date >= ${from} and outcome in ('complete', 'unchanged')) as observed,
    count(date) filter (where date >= ${from}) as days,
    coalesce(bool_or(outcome in ('complete', 'unchanged')), false) as is_read
from playlists
left join playlist_days on playlists.playlist_id = playlist_days.playlist_id and date <= ${to}${among}
group by all`;
}

function sqlOfLine(world, shown) {
  const [from, to] = [0, shown.last].map((day) => sqlDay(world.calendar, day));
  return `with playlists_observed as (
${sqlOfRows(world, shown).replaceAll(/^/gmu, "    ")}
)
select
    (
        select count(distinct date) from playlist_days
        where date between ${from} and ${to} and outcome in ('complete', 'unchanged')${sqlAmongPlaylists(world)}
    ) as observed,
    ${to} - ${from} + 1 as days,
    count(*) filter (where is_read and observed < days) as playlists_with_gaps,
    count(*) filter (where is_watched and not is_read) as never_read
from playlists_observed`;
}

function noteOn(playlist) {
  if (!playlist.isWatched) {
    return unwatched(playlist);
  }
  const unread = playlist.isReadLater ? "not read yet" : "never read";
  return lastRead(playlist) === null ? unread : playlist.label;
}

function outcomeOn(playlist, day) {
  const { name, meaning } = OUTCOMES[playlist.outcomes[day]] ?? { name: unasked(playlist, day) };
  const reason = playlist.reasons.get(day) ?? meaning;
  return reason ? `${name}: ${reason}` : name;
}

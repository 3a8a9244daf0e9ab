// The first view: what changed in the playlists, what they hold, and how well they were observed.

import { artistsSection } from "./artists.js";
import { changesSection } from "./changes.js";
import { dayField } from "./charts.js";
import { coverageSection } from "./coverage.js";
import { facts, html, playlistLink } from "./dom.js";
import { changesBetween, counted, earliestOf, isCompared, isOpenOn, periodOf, periodsUpTo } from "./period.js";
import { moversSection } from "./movers.js";
import { playlistsSection } from "./playlists.js";
import { runsSection } from "./runs.js";
import { sqlAmongPlaylists, sqlDay, sqlOf } from "./table.js";
import { count, number } from "./words.js";
import { isReadTwice, lastRead, latestRead, readBefore } from "./world.js";

const NAMED = 3; // playlists of a list in a sentence

export function overview(world, shown) {
  const period = periodOf(world, shown);
  shown.first = Math.min(period.from + 1, period.to); // what a link to these days fixes
  const changes = changesBetween(world, period.from, period.to);
  return [
    headline(world, shown, period, changes),
    changes.length ? changesSection(world, shown, period, changes) : null,
    playlistsSection(world, shown, period, changes),
    moversSection(world, shown),
    artistsSection(world, shown, period, changes),
    coverageSection(world, shown),
    runsSection(world),
  ];
}

function headline(world, shown, period, changes) {
  const numbers = counted(changes);
  return html(
    "div",
    { class: "headline" },
    periods(world, shown, period),
    html("h1", { tabindex: -1 }, title(world, period, changes, numbers)),
    html("p", { class: "lead" }, compared(world, period), earlier(world, shown, period, changes)),
    leftOut(world),
    numbersOf(world, period, changes, numbers),
    sqlOf(sqlOfNumbers(world, period)),
  );
}

/** "Since 29 Jan: +38 −36 in 9 of 14 playlists" */
function title(world, { from, to }, changes, { added, removed, replaced }) {
  const { calendar, playlists, lastDay } = world;
  if (!playlists.some((playlist) => isCompared(playlist, { from, to }))) {
    return noChangesKnown(world);
  }
  const isNewest = to === lastDay;
  const [after, end] = [from, to].map((day) => calendar.brief(day));
  const since = isNewest ? `Since ${after}` : `After ${after}, up to ${end}`;
  if (added + removed === 0) {
    return `${since}: nothing added or removed${replaced ? `, ${number(replaced)} replaced` : ""}`;
  }
  const moved = new Set(changes.filter(({ kind }) => kind !== "replaced").map(({ playlist }) => playlist)).size;
  const where = `${number(moved)} of ${count(playlists.length, "playlist")}`;
  return `${since}: +${number(added)} −${number(removed)} in ${where}`;
}

function noChangesKnown({ playlists }) {
  if (playlists.some(isReadTwice)) {
    return "Nothing is known of these days";
  }
  const read = playlists.filter((playlist) => lastRead(playlist) !== null).length;
  return read ? `${count(read, "playlist")} read once` : "No playlist was read yet";
}

/** Which playlists the changes are of, or why there are none. */
function compared(world, period) {
  const { playlists } = world;
  const some = playlists.filter((playlist) => isCompared(playlist, period)).length;
  if (some) {
    return (
      `Compared: ${number(some)} of ${count(playlists.length, "playlist")}, each with its last read before. ` +
      "What it held in its first read is no change."
    );
  }
  if (latestRead(world) === null && !world.isPast) {
    return whatToDo(playlists);
  }
  return playlists.some(isReadTwice)
    ? "That takes a read of a playlist in these days, and one before it."
    : "Changes need a second read: no playlist was read on two days yet.";
}

function whatToDo(playlists) {
  const code = (text) => html("code", {}, text);
  return playlists.length
    ? ["Open a playlist below: it says why it was not read, and what to do. So does ", code("./run.sh status"), "."]
    : ["None is watched: name playlists in ", code("seeds/playlists.csv"), ", then run ", code("./run.sh"), "."];
}

/** The playlists with changes that may have happened before the period, those with most changes first. */
function earlier({ calendar }, shown, { from }, changes) {
  const found = [...Map.groupBy(changes, ({ playlist }) => playlist)]
    .toSorted(([one, some], [other, others]) => others.length - some.length || one.index - other.index)
    .map(([playlist, some]) => [playlist, Math.min(...some.map(({ before }) => before))])
    .filter(([, since]) => since < from);
  const named = found.slice(0, NAMED).map(([playlist, since]) => [
    playlistLink(shown, { ...playlist, label: null }),
    ` (since ${calendar.brief(since)})`,
  ]);
  const more = found.length > NAMED ? [`and ${number(found.length - NAMED)} more`] : [];
  return found.length
    ? [
        ` Perhaps before ${calendar.brief(from)}: changes of `,
        [...named, ...more].flatMap((one, index) => [index ? ", " : "", one].flat()),
        ".",
      ]
    : null;
}

/** The days whose changes are shown: links to those up to the last read, fields for any. */
function periods(world, shown, period) {
  const { calendar, days } = world;
  const link = ({ from, to }) => {
    const isShown = from === period.from && to === period.to;
    const href = shown.link({ from: from + 1, to });
    const attributes = { href, "data-stays": true, "aria-current": isShown ? "true" : null };
    return html("a", attributes, count(to - from, "day"));
  };
  const { from, to } = period;
  return days < 2
    ? null
    : html(
        "nav",
        { class: "periods", "aria-label": "Days of the changes" },
        periodsUpTo(world, to).map(link),
        dayField(calendar, "after", from, (day) => shown.link({ from: Math.min(day + 1, to), to }), earliestOf(world)),
        dayField(calendar, "up to", to, (day) => shown.link({ from: Math.min(from + 1, day), to: day })),
      );
}

function leftOut({ days, daysKnown, calendar }) {
  return daysKnown > days
    ? html(
        "p",
        { class: "notice" },
        `This page shows the last ${number(days)} of ${count(daysKnown, "day")} in the database. Stays ` +
          `that ended before ${calendar.say(0)}, earlier popularity, and the tracks that have neither since then are ` +
          "left out here.",
      )
    : null;
}

function numbersOf(world, period, changes, { added, returned, removed, replaced }) {
  const { calendar, playlists } = world;
  const isKnown = playlists.some((playlist) => isCompared(playlist, period));
  const known = (value, about) => (isKnown ? [value, about] : [null, "needs a read, and one before it"]);
  const readUpTo = playlists.filter((playlist) => isRead(playlist, period.to)).length;
  const never = playlists.filter((playlist) => playlist.isWatched && lastRead(playlist) === null).length;
  const unread = never ? `; ${count(never, "playlist")} ${world.isPast ? "not read by then" : "never read"}` : "";
  const held = new Set(world.stays.track.filter((_, row) => isOpenOn(world.bounds(row), period.to))).size;
  return facts([
    ["added", "Added", ...known(added, returned ? `of these ${number(returned)} returned` : "none of them returned")],
    ["removed", "Removed", ...known(removed, "proven absent")],
    ["replaced", "Replaced", ...known(replaced, "by another id of the same recording")],
    [
      "current",
      "Tracks in playlists",
      readUpTo ? held : null,
      readUpTo ? `as last read up to ${calendar.brief(latestRead(world))}${unread}` : "no playlist was read yet",
    ],
  ]);
}

function isRead(playlist, day) {
  return readBefore(playlist, day + 1) !== null;
}

function sqlOfNumbers(world, { from, to }) {
  const [after, end] = [sqlDay(world.calendar, from), sqlDay(world.calendar, to)];
  const among = sqlAmongPlaylists(world);
  return `select
    count(*) filter (where change in ('added', 'returned')) as added,
    count(*) filter (where change = 'returned') as returned,
    count(*) filter (where change = 'removed') as removed,
    count(*) filter (where change = 'replaced') as replaced,
    count(distinct playlist_id) filter (where change <> 'replaced') as playlists,
    (
        select count(distinct track_id)
        from tracks_in_playlist
        where first_seen <= ${end} and (first_absent is null or first_absent > ${end})${among}
    ) as tracks
from changes_since(${after})
where date <= ${end}${among}`;
}

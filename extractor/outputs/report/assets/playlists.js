// The table of all playlists.

import { html, section, svg } from "./dom.js";
import { sparkline } from "./lines.js";
import { counted, isCompared, lastKnown, meanPopularities, shareReleased, turnoverIn } from "./period.js";
import { dataTable, playlistColumn, shareColumn, sqlAmongPlaylists, sqlDay } from "./table.js";
import { count, decimal, number, rounded, signed } from "./words.js";
import { isUsable, latestRead, readBefore, unwatched } from "./world.js";

const LINE = 28; // days of a line of popularity
const BAR = { width: 92, height: 14 };

/** What the playlists held on their last read, as common table expressions after `days`. */
const TRACKS = `held as (
    select distinct days.playlist_id, days.last_read, tracklists.track_id
    from days
    inner join tracklists
        on days.playlist_id = tracklists.playlist_id
        and days.last_read between tracklists.first_day and tracklists.last_day and tracklists.kind = 'track'
),
tracks as (
    select
        held.playlist_id,
        avg(nullif(values.popularity, 0)) as popularity,
        avg(cast(held.last_read - release_date between 0 and 27 as integer))
            filter (where release_date_precision = 'day') as released
    from held
    left join track_info on held.track_id = track_info.track_id
    left join track_daily_popularity as values
        on held.track_id = values.track_id and held.last_read = values.date
    group by held.playlist_id
)`;

export function playlistsSection(world, shown, period, changes) {
  const rows = rowsOf(world, period, changes);
  const read = latestRead(world);
  const line = { first: Math.max(0, period.to - LINE + 1), last: period.to };
  return section(
    "Playlists",
    `As last read${read === null ? "" : ` up to ${world.calendar.say(read)}`}. ` +
      "Turnover: the share of the tracks that changed per day, replaced ids included. " +
      "Popularity: the mean of the tracks, without zeros; its line covers up to 28 days. " +
      "New: the share released in the last 28 days, of the tracks with an exact release date. " +
      "Observed: days read completely, of the days shown.",
    dataTable({
      caption: "Playlists",
      columns: columnsOf(world, shown, rows, line),
      rows,
      sql: sqlOfRows(world, period),
      empty: "No playlist is watched.",
    }),
  );
}

/** What is known of each playlist in a period, those with most changes first. */
function rowsOf(world, period, changes) {
  const { from, to } = period;
  const changesOf = Map.groupBy(changes, ({ playlist }) => playlist);
  const popularities = meanPopularities(world, Math.max(0, to - LINE + 1), to);
  const rows = world.playlists.map((playlist) => {
    const own = changesOf.get(playlist) ?? [];
    const read = readBefore(playlist, to + 1);
    const isShown = read !== null && read >= 0;
    const days = Array.from(playlist.outcomes.slice(Math.min(from + 1, to), to + 1)).filter((letter) => letter !== ".");
    return {
      playlist,
      read,
      changes: own.length,
      ...(isCompared(playlist, period) ? counted(own) : { added: null, removed: null, replaced: null }),
      tracks: isShown ? playlist.sizes[read] : null,
      turnover: turnoverIn(playlist, own, period),
      popularity: isShown ? rounded(popularities[playlist.index][read] ?? null, 1) : null,
      popularities: popularities[playlist.index],
      ...followersOf(playlist, period),
      released: isShown ? shareReleased(world, playlist, read) : null,
      observed: days.filter(isUsable).length,
      days: days.length,
    };
  });
  return rows.toSorted(
    (one, other) =>
      other.changes - one.changes ||
      (other.tracks ?? -1) - (one.tracks ?? -1) ||
      one.playlist.index - other.playlist.index,
  );
}

/** The last number of followers, and what it gained since the period began: null if none was told in the period. */
function followersOf({ followers: numbers, followersBefore }, { from, to }) {
  const last = numbers.findLastIndex((value, day) => day <= to && value !== null);
  const followers = numbers[last] ?? followersBefore;
  const before = lastKnown(numbers, from) ?? followersBefore;
  return { followers, gained: last > from && before !== null ? followers - before : null };
}

function columnsOf(world, shown, rows, line) {
  const most = Math.max(1, ...rows.flatMap(({ added, removed }) => [added ?? 0, removed ?? 0]));
  return [
    playlistColumn(shown, "Playlist", (row) => noted(world, row)),
    { title: "Tracks", of: ({ tracks }) => tracks, number: true },
    { title: "Removed", of: ({ removed }) => removed, number: true },
    {
      title: "Net",
      of: ({ added, removed }) => (added === null ? null : added - removed),
      show: (row) => divergingBar(row, most),
      number: true,
    },
    { title: "Added", of: ({ added }) => added, number: true },
    rows.some(({ replaced }) => replaced) ? { title: "Replaced", of: ({ replaced }) => replaced, number: true } : null,
    shareColumn("Turnover", ({ turnover }) => turnover),
    { title: "Popularity", of: ({ popularity }) => popularity, show: (row) => popularityCell(row, line), number: true },
    { title: "Followers", of: ({ followers }) => followers, number: true },
    {
      title: "Gained",
      of: ({ gained }) => gained,
      show: ({ gained }) => (gained ? signed(gained) : gained),
      number: true,
    },
    shareColumn("New", ({ released }) => released, 0),
    {
      title: "Observed",
      of: ({ observed, days }) => (days ? rounded(observed / days, 4) : null),
      show: ({ observed, days }) => (days ? `${number(observed)}/${number(days)}` : null),
      number: true,
    },
    { title: "Days observed", of: ({ observed }) => observed, isQuiet: true },
    { title: "Days", of: ({ days }) => days, isQuiet: true },
  ].filter(Boolean);
}

/** A playlist with what must be known of its row. */
function noted({ calendar }, { playlist, read }) {
  const older = read < 0 ? `last read on ${calendar.say(read)}` : playlist.label;
  const note = read === null ? (playlist.isReadLater ? "not read yet" : "never read") : older;
  return { ...playlist, label: playlist.isWatched ? note : unwatched(playlist) };
}

/** Removed to the left, added to the right, on one scale for all rows. */
function divergingBar({ added, removed }, most) {
  if (added === null) {
    return null;
  }
  const { width, height } = BAR;
  const middle = width / 2;
  const length = (value) => Math.round((value / most) * (middle - 1) * 10) / 10;
  const bar = (kind, left, value) =>
    svg("rect", { class: kind, x: left, y: 2, width: length(value), height: height - 4 });
  return svg(
    "svg",
    { class: "diverging", width, height, role: "img", "aria-label": `${added} added, ${removed} removed` },
    bar("removed", middle - length(removed), removed),
    bar("added", middle, added),
    svg("path", { class: "zero", d: `M${middle} 0V${height}` }),
  );
}

function popularityCell({ popularity, popularities }, line) {
  const known = popularities.filter((value) => value !== null);
  if (popularity === null) {
    return null;
  }
  const ends = `from ${decimal(known[0])} to ${decimal(known.at(-1))}`;
  const label = `Mean popularity on ${count(known.length, "day")}: ${ends}`;
  const spark = sparkline(popularities, line, label, { width: 56, height: 20 });
  return html("span", { class: "with-line" }, spark, decimal(popularity));
}

function sqlOfRows(world, { from, to }) {
  const [after, first, end] = [from, Math.min(from + 1, to), to].map((day) => sqlDay(world.calendar, day));
  const among = sqlAmongPlaylists(world, "playlists.playlist_id", "where");
  // An excerpt does not know what was read before its days.
  const inPage = (value) =>
    world.isCut ? `case when days.last_read >= ${sqlDay(world.calendar, 0)} then ${value} end` : value;
  return `with days as (
    select
        playlist_id,
        max(date) filter (where outcome in ('complete', 'unchanged')) as last_read,
        count(*) filter (where date >= ${first} and outcome in ('complete', 'unchanged')) as observed,
        count(*) filter (where date >= ${first}) as days,
        count(added) filter (where date > ${after}) > 0 as is_compared,
        sum((added + removed) / (2 * size)) filter (where date > ${after} and size > 0)
            / sum(days_since_usable) filter (where date > ${after} and size > 0) as turnover,
        arg_max(size, date) as tracks,
        arg_max(followers, date) as followers,
        arg_max(followers, date) filter (where date <= ${after}) as followers_before,
        count(followers) filter (where date > ${after}) > 0 as has_followers
    from playlist_days
    where date <= ${end}
    group by playlist_id
),
changes as (
    select
        playlist_id,
        count(*) filter (where change in ('added', 'returned')) as added,
        count(*) filter (where change = 'removed') as removed,
        count(*) filter (where change = 'replaced') as replaced
    from changes_since(${after})
    where date <= ${end}
    group by playlist_id
),
${TRACKS}
select
    playlists.playlist_name,
    ${inPage("days.tracks")} as tracks,
    case when days.is_compared then coalesce(changes.removed, 0) end as removed,
    case when days.is_compared then coalesce(changes.added, 0) end as added,
    case when days.is_compared then coalesce(changes.replaced, 0) end as replaced,
    round(days.turnover, 4) as turnover,
    ${inPage("round(tracks.popularity, 1)")} as popularity,
    days.followers,
    case when days.has_followers then days.followers - days.followers_before end as gained,
    ${inPage("round(tracks.released, 4)")} as released,
    coalesce(days.observed, 0) as observed,
    coalesce(days.days, 0) as days
from playlists
left join days on playlists.playlist_id = days.playlist_id
left join changes on playlists.playlist_id = changes.playlist_id
left join tracks on playlists.playlist_id = tracks.playlist_id${among}
order by playlists.playlist_name`;
}

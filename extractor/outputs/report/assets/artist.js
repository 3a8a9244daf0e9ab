// An artist: the tracks in the playlists, now and before, over time, and their popularity.

import { barLegend, bars } from "./gantt.js";
import { axis, blocks, periods, row, scale, timeline } from "./charts.js";
import { facts, few, fitted, html, name, playlistLink, section, spotifyLink, svg, titled, trackLink } from "./dom.js";
import { lineChart, niceLimits, sparkline } from "./lines.js";
import { popularities } from "./metrics.js";
import { isOpenOn } from "./period.js";
import { removed } from "./positions.js";
import {
  dataTable,
  playlistColumn,
  sqlAmongPlaylists,
  sqlAmongTracks,
  sqlDay,
  sqlOf,
  sqlText,
  sqlUntil,
  trackColumn,
} from "./table.js";
import { count, number, signed } from "./words.js";
import { isBegun, isUsable, latestRead, readBefore, spans } from "./world.js";

const ROWS = 20;
const PRESENCE = { height: 120, left: 40 };

export function artistView(world, shown, artist) {
  const tracks = world.tracksBy(artist);
  const all = tracks.flatMap((track) => world.staysBy({ index: track }));
  const stays = all.filter(({ last, absent }) => absent === null || last >= shown.first);
  return [
    headline(world, shown, artist, all, stays),
    section(
      titled("In playlists", periods(world, shown)),
      stays.length
        ? "Each track in each playlist, with the days on which it was seen there. Those in one as last read are " +
            "first, past ones are pale."
        : null,
      stays.length ? barLegend() : null,
      stays.length
        ? staysChart(world, shown, stays)
        : html("p", { class: "empty" }, "No playlist held a track on these days."),
    ),
    all.length ? presenceSection(world, shown, artist, all) : null,
    tracksSection(world, shown, artist, all, stays),
    stays.length ? staysSection(world, shown, artist, stays) : null,
  ];
}

function headline(world, shown, artist, all, stays) {
  const { calendar } = world;
  const now = all.filter((stay) => isOpenOn(stay, shown.last));
  const distinct = (of, some) => new Set(some.map(of)).size;
  const [trackOf, playlistOf] = [({ track }) => track, ({ playlist }) => playlist.index];
  const days = `${calendar.range(shown.first, shown.last)}`;
  const read = latestRead(world);
  const asRead = read === null ? "none was read yet" : `as last read up to ${calendar.brief(read)}`;
  return html(
    "div",
    { class: "headline" },
    html("p", { class: "eyebrow" }, "Artist"),
    html("h1", { tabindex: -1 }, name(artist.title)),
    facts([
      ["tracks", "Tracks in playlists", distinct(trackOf, now), asRead],
      ["playlists", "Playlists", distinct(playlistOf, now), "that hold at least one"],
      ["tracks-seen", "Tracks seen there", distinct(trackOf, stays), days],
      ["playlists-seen", "Playlists in all", distinct(playlistOf, stays), days],
    ]),
    html(
      "div",
      { class: "beside-facts" },
      sqlOf(sqlOfNumbers(world, shown, artist)),
      html("p", {}, spotifyLink("artist", artist.id)),
    ),
  );
}

/** Lines for each track: its title and popularity, then a line of bars for each playlist. */
function staysChart(world, shown, stays) {
  const isNow = (stay) => isOpenOn(stay, shown.last);
  const pairs = [...Map.groupBy(stays, ({ track, playlist }) => `${track} ${playlist.index}`).values()];
  const numberNow = new Map();
  pairs
    .filter((pair) => pair.some(isNow))
    .forEach(([{ track }]) => numberNow.set(track, (numberNow.get(track) ?? 0) + 1));
  const rank = ([{ track }]) => numberNow.get(track) ?? 0;
  const sorted = pairs.toSorted(
    (one, other) =>
      rank(other) - rank(one) ||
      one[0].track - other[0].track ||
      other.some(isNow) - one.some(isNow) ||
      one[0].playlist.index - other[0].playlist.index,
  );
  const rest = sorted.length > ROWS ? `Show all ${count(sorted.length, "line")}` : null;
  return fitted((width) =>
    timeline(world, shown, width, (across) =>
      few((from, to) => lines(world, shown, sorted, { from, to, across, isNow }), ROWS, rest),
    ),
  );
}

function lines(world, shown, pairs, { from, to, across, isNow }) {
  return pairs.slice(from, to).flatMap((pair, index) => {
    const [{ track, playlist }] = pair;
    const line = row({
      label: playlistLink(shown, playlist),
      plot: bars(world, playlist, pair, across),
      note: count(pair.reduce((sum, { daysSeen }) => sum + daysSeen, 0), "day"),
    });
    line.classList.toggle("past", !pair.some(isNow));
    const isFirst = pairs[from + index - 1]?.[0].track !== track;
    return isFirst ? [html("li", { class: "of" }, trackLink(shown, world.track(track))), line] : [line];
  });
}

function presenceSection(world, shown, artist, stays) {
  const days = presenceOn(world, shown, stays);
  const chart = (key, title) =>
    html(
      "figure",
      {},
      html("figcaption", {}, title),
      fitted((width) => presenceChart(world, shown, days, key, title, width)),
    );
  return section(
    "Presence over time",
    "As each playlist was last read. On hatched days some of these playlists were not observed.",
    html(
      "div",
      { class: "pair" },
      chart("tracks", "Tracks in playlists"),
      chart("playlists", "Playlists that hold one"),
    ),
    sqlOf(sqlOfPresence(world, shown, artist)),
  );
}

/**
 * For every day the number of tracks in playlists and of playlists that hold one, as last read, and how many of all
 * these playlists were observed. The numbers are null where none was.
 */
function presenceOn(world, { first, last }, stays) {
  const playlists = [...new Set(stays.map(({ playlist }) => playlist))];
  return Array.from({ length: world.days }, (_, day) => {
    const watched = playlists.filter((playlist) => isBegun(playlist, day));
    const observed = watched.filter(({ outcomes }) => isUsable(outcomes[day])).length;
    const isShown = first <= day && day <= last && observed > 0;
    const open = isShown ? stays.filter((stay) => isOpenOn(stay, day)) : [];
    return {
      tracks: isShown ? new Set(open.map(({ track }) => track)).size : null,
      playlists: isShown ? new Set(open.map(({ playlist }) => playlist)).size : null,
      observed,
      watched: watched.length,
    };
  });
}

function presenceChart(world, shown, days, key, title, width) {
  const { calendar } = world;
  const across = scale(shown.first, shown.last, width - PRESENCE.left);
  const values = days.map((day) => day[key]);
  const holes = spans(days, ({ observed, watched }) => (observed < watched ? "hole" : null));
  const known = values.filter((value) => value !== null);
  const ends = known.length ? `from ${known[0]} to ${known.at(-1)}` : "not observed";
  const chart = lineChart(world, across, {
    series: [{ values, name: title }],
    limits: niceLimits([0, ...known], { span: 4, least: 0 }),
    height: PRESENCE.height,
    under: [svg("path", { class: "hatch n", d: blocks(holes, across, 0, PRESENCE.height) })],
    tellOf: (day) => [calendar.say(day), ...presenceInWords(days[day])],
    label: `${title}, ${calendar.range(shown.first, shown.last)}: ${ends}.`,
  });
  return html("div", { class: "plot" }, axis(calendar, across), chart);
}

function presenceInWords({ tracks, playlists, observed, watched }) {
  if (tracks === null) {
    return ["none of these playlists was observed"];
  }
  const numbers = `${count(tracks, "track")} in ${count(playlists, "playlist")}`;
  const holes = `${number(observed)} of ${count(watched, "playlist")} observed, the others as last read`;
  return observed < watched ? [numbers, holes] : [numbers];
}

function tracksSection(world, shown, artist, all, stays) {
  const open = all.filter((stay) => isOpenOn(stay, shown.last));
  const playlistsOf = (track, some) =>
    new Set(some.filter((stay) => stay.track === track).map(({ playlist }) => playlist));
  const rows = world.tracksBy(artist).map((track) => {
    const values = popularities(world, track).map((value, day) => (shown.includes(day) ? value : null));
    const known = values.filter((value) => value !== null);
    return {
      track: world.track(track),
      now: playlistsOf(track, open).size,
      seen: playlistsOf(track, stays).size,
      values,
      popularity: known.at(-1) ?? null,
      change: known.length > 1 ? known.at(-1) - known[0] : null,
    };
  });
  const whole = (title, key) => ({ title, of: (one) => one[key], number: true });
  return section(
    "Tracks",
    "Playlists now: as last read. Popularity: the last value of the days shown, and its difference from the first " +
      "one. Zeros are left out.",
    dataTable({
      caption: "Tracks",
      columns: [
        trackColumn(shown),
        { title: "Released", of: ({ track }) => track.released },
        whole("Playlists now", "now"),
        whole("Playlists in all", "seen"),
        { ...whole("Popularity", "popularity"), show: (one) => popularityCell(world, shown, one) },
        { ...whole("Change", "change"), show: ({ change }) => (change ? signed(change) : change) },
      ],
      rows: rows.toSorted(
        (one, other) => other.now - one.now || (other.popularity ?? -1) - (one.popularity ?? -1),
      ),
      sql: sqlOfTracks(world, shown, artist),
    }),
  );
}

function popularityCell({ calendar }, shown, { values, popularity }) {
  if (popularity === null) {
    return null;
  }
  const days = [...values.keys()].filter((day) => values[day] !== null);
  const label = `${values[days[0]]} on ${calendar.brief(days[0])}, ${popularity} on ${calendar.brief(days.at(-1))}`;
  return html("span", { class: "with-line" }, sparkline(values, shown, label), String(popularity));
}

function staysSection(world, shown, artist, stays) {
  const { calendar } = world;
  const day = (value) => (value === null ? null : calendar.iso(value));
  return section(
    "Stays",
    null,
    dataTable({
      caption: "Stays",
      columns: [
        trackColumn(shown, "Track", ({ track }) => world.track(track)),
        playlistColumn(shown),
        { title: "Added", of: ({ added }) => day(added), show: (stay) => sinceOf(calendar, stay) },
        { title: "Last seen", of: ({ last }) => day(last), show: ({ last }) => calendar.say(last) },
        { title: "Removed", of: ({ absent }) => day(absent), show: (stay) => removed(calendar, stay) },
        { title: "Days seen", of: ({ daysSeen }) => daysSeen, number: true },
      ],
      rows: stays,
      sort: ["Last seen", "descending"],
      sql: sqlUntil(
        shown,
        `select track_name, playlist_name, added_at, last_seen, first_absent, days_seen
from artist_presence(${sqlText(artist.id)})
where ${sqlShown(shown)}${sqlAmongPlaylists(world)}`,
      ),
    }),
  );
}

/** Stays that are not over before the days shown. */
function sqlShown({ calendar, first }) {
  return `(first_absent is null or last_seen >= ${sqlDay(calendar, first)})`;
}

/** When a stay began: as Spotify claims, or between two reads, or before the first one. */
function sinceOf(calendar, { playlist, first, added, isOlder, isClaimed }) {
  if (isClaimed) {
    return [calendar.say(added), html("span", { class: "when" }, "claimed")];
  }
  const before = readBefore(playlist, first) ?? first - 1;
  return isOlder ? `${calendar.say(first)} or earlier` : calendar.change(before, first);
}

function sqlOfNumbers(world, shown, artist) {
  const sql = `select
    count(distinct track_id) filter (where first_absent is null) as tracks,
    count(distinct playlist_id) filter (where first_absent is null) as playlists,
    count(distinct track_id) filter (where ${sqlShown(shown)}) as tracks_seen,
    count(distinct playlist_id) filter (where ${sqlShown(shown)}) as playlists_in_all
from tracks_in_playlist
inner join track_artists using (track_id)
where artist_id = ${sqlText(artist.id)}${sqlAmongPlaylists(world)}`;
  return sqlUntil(shown, sql);
}

function sqlOfPresence(world, { first, last }, artist) {
  const [from, to] = [first, last].map((day) => sqlDay(world.calendar, day));
  return `with days as (
    select cast(unnest(generate_series(${from}, ${to}, interval 1 day)) as date) as date
),
stays as (
    select stays.*
    from tracks_in_playlist as stays
    inner join track_artists using (track_id)
    where artist_id = ${sqlText(artist.id)}${sqlAmongPlaylists(world)}
),
observed as (
    select distinct date
    from playlist_days
    inner join stays using (playlist_id)
    where outcome in ('complete', 'unchanged')
)
select
    date,
    count(distinct track_id) as tracks,
    count(distinct playlist_id) as playlists
from days
inner join observed using (date)
left join stays on first_seen <= date and (first_absent is null or first_absent > date)
group by date
order by date`;
}

function sqlOfTracks(world, shown, artist) {
  const [from, to] = [shown.first, shown.last].map((day) => sqlDay(world.calendar, day));
  const sql = `with stays as (
    select
        track_id,
        count(distinct playlist_id) filter (where first_absent is null) as playlists_now,
        count(distinct playlist_id) filter (where ${sqlShown(shown)}) as playlists_in_all
    from tracks_in_playlist${sqlAmongPlaylists(world, "playlist_id", "    where")}
    group by track_id
),
popular as (
    select
        track_id,
        arg_max(popularity, date) as popularity,
        case when count(*) > 1 then arg_max(popularity, date) - arg_min(popularity, date) end as change
    from track_daily_popularity
    where date between ${from} and ${to} and popularity > 0
    group by track_id
)
select
    track_name,
    coalesce(playlists_now, 0) as playlists_now,
    coalesce(playlists_in_all, 0) as playlists_in_all,
    popularity,
    change
from track_info
inner join track_artists using (track_id)
left join stays using (track_id)
left join popular using (track_id)
where artist_id = ${sqlText(artist.id)}${sqlAmongTracks(world, "track_id")}
order by playlists_now desc, track_name`;
  return sqlUntil(shown, sql);
}

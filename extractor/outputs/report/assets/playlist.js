// A playlist: how well it is known, what it holds, and how it changed.

import { facts, html, name, section, spotifyLink } from "./dom.js";
import { tracksOn } from "./metrics.js";
import { changesBetween, counted } from "./period.js";
import { overTime } from "./playlist_days.js";
import { feedersSection, similar } from "./related.js";
import { staysSection } from "./stays.js";
import { survivalSection } from "./survival.js";
import { dataTable, dayColumn, sqlDay, sqlOf, sqlText } from "./table.js";
import { pastTracks, readOn, tracklist } from "./tracklist.js";
import { count, number } from "./words.js";
import {
  OUTCOMES,
  changesIn,
  cover,
  isReadTwice,
  isUnobserved,
  lastRead,
  readsSince,
  spans,
  unwatched,
} from "./world.js";

const WEEK = 7;
const LONG = 120; // letters that may not fit four lines of a column

export function playlistView(world, shown, playlist) {
  if (lastRead(playlist) === null) {
    const why = playlist.isReadLater ? notReadYet(world, playlist) : neverRead(world, playlist);
    return [why, descriptions(world, playlist)];
  }
  const stays = world.staysIn(playlist);
  const held = world.until(Math.max(shown.last, shown.asOf)); // the day of the tracklist may be a later one
  const then = held.playlists[playlist.index];
  const staysThen = held.staysIn(then);
  const sections = [
    tracklist(held, shown, then, staysThen),
    overTime(world, shown, playlist, changesIn(playlist, stays)),
    staysSection(world, shown, playlist, stays),
    pastTracks(held, shown, then, staysThen),
    survivalSection(world, shown, playlist, stays),
    similar(held, shown, then),
    feedersSection(world, shown, playlist),
    descriptions(world, playlist),
  ].filter(Boolean);
  return [headline(world, shown, playlist, stays), contents(sections), ...sections];
}

/** Buttons that go to the sections of the view. They are no links: the address says what is shown. */
function contents(sections) {
  const heads = sections.map((node) => node.querySelector("h2"));
  const go = (head) => {
    head.tabIndex = -1;
    head.focus({ preventScroll: true });
    head.scrollIntoView();
  };
  return html(
    "nav",
    { class: "contents", "aria-label": "Sections" },
    heads.map((head) => html("button", { type: "button", click: () => go(head) }, head.textContent)),
  );
}

function headline(world, shown, playlist, stays) {
  return html(
    "div",
    { class: "headline" },
    ...headings(playlist),
    html("p", { class: "lead" }, ...coverInWords(world, playlist)),
    facts(factsOf(world, shown, playlist, stays)),
    html(
      "div",
      { class: "tools" },
      spotifyLink("playlist", playlist.id),
      sqlOf(factsSql(world, shown, playlist)),
    ),
  );
}

/** Its numbers on the last day shown, and its changes in the week up to it, as the overview counts them. */
function factsOf(world, shown, playlist, stays) {
  const { calendar } = world;
  const read = readOn(playlist, shown.last);
  const first = Math.max(0, shown.last - WEEK + 1);
  const reads = readsSince(playlist, first, shown.last);
  const rows = world.staysOfPlaylist(playlist.index);
  const { added, removed, replaced } = counted(changesBetween(world, first - 1, shown.last, rows));
  const begun = stays.filter((stay) => stay.first <= shown.last);
  const unknown = isReadTwice(playlist) ? "not read this week" : "needs a second read";
  const without = replaced ? `; without ${count(replaced, "replaced id")}` : "";
  const known = (value) => (reads ? [value, calendar.between(reads.from, reads.to) + without] : [null, unknown]);
  const size = tracksOn(world, playlist, read)?.size ?? null;
  const less = world.isCut ? `, without those that ended before ${calendar.say(0)}` : "";
  const when = read === null ? "not read yet" : `when last read, on ${calendar.say(read)}`;
  return [
    read !== null && read < 0
      ? ["current", "Tracks in it", null, `last read on ${calendar.say(read)}, before the days shown`]
      : ["current", "Tracks in it", size, when],
    ["entered", "Added", ...known(added)],
    ["left", "Removed", ...known(removed)],
    ["stays", "Stays", begun.length, `of ${count(new Set(begun.map(({ track }) => track)).size, "track")}${less}`],
  ];
}

function factsSql({ calendar, isCut }, { last }, { id }) {
  const [first, to, begin] = [Math.max(0, last - WEEK + 1), last, 0].map((day) => sqlDay(calendar, day));
  // Null if the playlist was not read in the week, or never before.
  const compared = `exists (
        select 1 from playlist_days as compared
        where compared.playlist_id = days.playlist_id and compared.date between ${first} and ${to}
            and compared.added is not null
    )`;
  const changes = (kinds) => `case when ${compared} then (
        select count(*) from changes_since(${first} - 1) as changes
        where changes.playlist_id = days.playlist_id and changes.change in (${kinds}) and changes.date <= ${to}
    ) end`;
  const stays = (what) => `(
        select count(${what}) from tracks_in_playlist as stays
        where stays.playlist_id = days.playlist_id and stays.first_seen <= ${to}
            and (stays.first_absent is null or stays.first_absent >= ${begin})
    )`;
  return `select
    ${isCut ? `case when days.date >= ${begin} then days.size end` : "days.size"} as tracks,
    ${changes("'added', 'returned'")} as added,
    ${changes("'removed'")} as removed,
    ${changes("'replaced'")} as replaced,
    ${stays("*")} as stays,
    ${stays("distinct stays.track_id")} as tracks_of_stays,
    (
        select count(*) from playlist_days as read
        where read.playlist_id = days.playlist_id and read.date between ${begin} and ${to}
            and read.outcome in ('complete', 'unchanged')
    ) as days_observed,
    (
        select count(*) from playlist_days as asked
        where asked.playlist_id = days.playlist_id and asked.date between ${begin} and ${to}
    ) as days_of_it
from playlist_days as days
where days.playlist_id = ${sqlText(id)} and days.date <= ${to} and days.outcome in ('complete', 'unchanged')
order by days.date desc
limit 1`;
}

function headings(playlist) {
  return [
    html(
      "p",
      { class: "eyebrow" },
      "Playlist",
      playlist.label ? [" · ", name(playlist.label)] : null,
      playlist.owner === "spotify" ? " · Spotify’s own" : null,
      playlist.isWatched ? null : ` · ${unwatched(playlist)}`,
    ),
    html("h1", { tabindex: -1 }, name(playlist.title)),
  ];
}

function notReadYet({ calendar, knownTo }, playlist) {
  const until = html("p", { class: "lead" }, html("strong", {}, "Not read"), ` up to ${calendar.say(knownTo)}.`);
  return html("div", { class: "headline" }, ...headings(playlist), until);
}

/** All there is to say of a playlist that was never read: why, and what to do. */
function neverRead({ calendar }, playlist) {
  const { days } = cover(playlist);
  const asked = Array.from(playlist.outcomes).findLastIndex((letter) => letter !== "." && letter !== "n");
  const outcome = OUTCOMES[playlist.outcomes[asked]];
  const since = days ? ` in ${count(days, "day")} since ${calendar.say(playlist.outcomes.search(/[^.]/u))}` : "";
  return html(
    "div",
    { class: "headline" },
    ...headings(playlist),
    html("p", { class: "lead" }, html("strong", {}, "Never read"), `${since}, so nothing is known of its tracks.`),
    html(
      "div",
      { class: "notice" },
      html(
        "p",
        { class: "why" },
        html("strong", {}, "Why: "),
        outcome
          ? [`${outcome.name} on ${calendar.say(asked)}: `, name(playlist.reasons.get(asked) ?? outcome.meaning)]
          : "it was not requested yet.",
      ),
      html("p", {}, html("strong", {}, "What to do: "), ...whatToDo(playlist, playlist.outcomes[asked])),
    ),
    html("p", { class: "beside" }, spotifyLink("playlist", playlist.id)),
  );
}

function whatToDo(playlist, letter) {
  if (!playlist.isWatched) {
    return ["nothing, unless it should be watched again: then name it in ", code("seeds/playlists.csv"), "."];
  }
  if (letter === "x") {
    return [
      "open it in Spotify. If it is gone or private, take it out of ",
      code("seeds/playlists.csv"),
      ". If it is there, Spotify refuses your app: one created since 11 February 2026 can read only playlists of a " +
        "user who has logged in (",
      code("./run.sh login"),
      "), and Spotify’s own playlists are closed to most apps.",
    ];
  }
  return letter
    ? ["the next run asks again. If that does not help, ", code("./run.sh status"), " says what is wrong."]
    : ["run ", code("./run.sh"), ", which requests every playlist that is watched."];
}

function code(text) {
  return html("code", {}, text);
}

function coverInWords({ calendar }, playlist) {
  const { days, observed, imported } = cover(playlist);
  if (days === 0) {
    return [lead("Not read"), ` on the days of this page. Last read on ${calendar.say(lastRead(playlist))}.`];
  }
  const first = playlist.outcomes.search(/[^.]/u);
  const gaps = spans(playlist.outcomes, (letter, day) =>
    isUnobserved(letter) ? `${OUTCOMES[letter].name}${reasonIn(playlist, day)}` : null,
  );
  const listed = gaps
    .slice(-4)
    .map(([from, to, why]) => `${calendar.range(from, to)} (${why})`)
    .join("; ");
  const more = gaps.length > 4 ? `, the last of ${number(gaps.length)} times: ` : ": ";
  return [
    lead(`Observed on ${number(observed)} of ${count(days, "day")}`),
    ` since ${calendar.say(first)}${imported ? `, ${number(imported)} of them imported` : ""}. `,
    gaps.length ? `Not observed${more}${listed}.` : "None is missing.",
  ];
}

function lead(text) {
  return html("strong", { "data-fact": "cover" }, text);
}

function reasonIn(playlist, day) {
  return playlist.reasons.has(day) ? `: ${playlist.reasons.get(day)}` : "";
}

/** What it was called and how it described itself, by version. */
function descriptions(world, playlist) {
  const { calendar } = world;
  const versions = world.descriptions(playlist);
  return versions.length
    ? section(
        "Names and descriptions",
        versions.length > 1
          ? `${count(versions.length, "version")}, by the day on which each was first seen.`
          : `Unchanged since ${calendar.say(versions[0].first)}.`,
        dataTable({
          caption: `Names and descriptions of ${playlist.title}`,
          columns: [
            { title: "Name", of: (version) => version.name, show: (version) => capped(version.name) },
            {
              title: "Description",
              of: (version) => version.description,
              show: (version) => capped(version.description),
            },
            dayColumn(calendar, "First seen", ({ first }) => first),
          ],
          rows: versions,
          sort: ["First seen", "descending"],
          limit: 10,
          sql: `select playlist_name, description, valid_from
from playlist_history
where playlist_id = ${sqlText(playlist.id)}${world.isPast ? ` and valid_from <= ${sqlDay(calendar, world.knownTo)}` : ""}
order by valid_from desc`,
        }),
      )
    : null;
}

/** A text of some lines at most; the rest can be scrolled to. */
function capped(text) {
  if (text === null) {
    return null;
  }
  const isLong = text.length > LONG; // to be reached with the keyboard, so that it can be scrolled
  return text
    ? html("span", { class: "capped", tabindex: isLong ? 0 : null }, name(text))
    : html("span", { class: "when" }, "empty");
}

// The feed: what was added, returned, removed and replaced, by playlist, those that changed most first.

import { few, folded, html, playlistLink, section, trackLink } from "./dom.js";
import { dataTable, playlistColumn, sqlAmongPlaylists, sqlDay, trackColumn } from "./table.js";
import { counted } from "./period.js";
import { count, number } from "./words.js";

const GROUPS = 8;
const ROWS = 5;
const MARKS = { added: "+", returned: "+", removed: "−", replaced: "⇄" };

export function changesSection(world, shown, period, changes) {
  const groups = [...Map.groupBy(changes, ({ playlist }) => playlist)].toSorted(
    ([one, some], [other, others]) => others.length - some.length || one.index - other.index,
  );
  const rest = groups.length > GROUPS ? `Show all ${count(groups.length, "playlist")}` : null;
  const nodes = (from, to) => groups.slice(from, to).map(([playlist, some]) => group(world, shown, playlist, some));
  return section(
    "What changed",
    "By playlist, those with most changes first. A change happened after one read and no later than the next: where " +
      "more than a day lies between them, both days are given.",
    html("div", { class: "feed" }, few(nodes, GROUPS, rest)),
    folded("All changes as a table", () => changesTable(world, shown, period, changes)),
  );
}

function group(world, shown, playlist, changes) {
  const sorted = changes.toSorted((one, other) => other.day - one.day || one.track - other.track);
  const bounds = new Set(sorted.map(({ before, day }) => world.calendar.change(before, day, { isBrief: true })));
  const isOne = bounds.size === 1;
  const of = (...kinds) => sorted.filter(({ kind }) => kinds.includes(kind));
  const column = (what, some) => changeColumn(world, shown, what, some, isOne);
  return html(
    "li",
    { class: "group" },
    html(
      "div",
      { class: "whose" },
      html("h3", {}, playlistLink(shown, playlist)),
      html("p", { class: "counts" }, ...countsInWords(changes)),
      isOne ? html("p", { class: "when" }, ...bounds) : null,
    ),
    html(
      "div",
      { class: "pair" },
      column("added", of("added", "returned")),
      column("removed", of("removed")),
      column("replaced", of("replaced")),
    ),
  );
}

function countsInWords(changes) {
  const { added, removed, replaced } = counted(changes);
  return [
    added ? html("span", { class: "gain" }, `+${number(added)}`) : null,
    removed ? html("span", { class: "loss" }, `−${number(removed)}`) : null,
    replaced ? html("span", {}, `${number(replaced)} replaced`) : null,
  ];
}

function changeColumn(world, shown, what, changes, isOne) {
  if (changes.length === 0) {
    return null;
  }
  const nodes = (from, to) => changes.slice(from, to).map((change) => changeRow(world, shown, change, isOne));
  const isCut = changes.length > ROWS + 1; // a button takes the room of a row
  const rest = isCut ? `Show all ${number(changes.length)} ${what}` : null;
  return html("div", { class: "column" }, few(nodes, isCut ? ROWS : Infinity, rest));
}

function changeRow(world, shown, change, isOne) {
  const { kind, track, before, day, replaced } = change;
  const notes = [
    kind === "returned" ? "returned" : null,
    kind === "replaced" ? ["replaces ", replacedLink(shown, world.track(replaced))] : null,
    isOne ? null : world.calendar.change(before, day, { isBrief: true }),
  ].filter(Boolean);
  const said = notes.flatMap((note, index) => [index ? " · " : "", note].flat());
  return html(
    "li",
    { class: "change" },
    html("span", { class: `mark ${kind}`, role: "img", "aria-label": kind }, MARKS[kind]),
    trackLink(shown, world.track(track)),
    notes.length ? html("span", { class: "when" }, said) : null,
  );
}

/** A link to the other id of a recording, whose title is mostly the same. */
function replacedLink(shown, { id }) {
  return html("a", { href: shown.link({ kind: "track", ids: [id] }), title: id }, "another id");
}

function changesTable(world, shown, { from, to }, changes) {
  const { calendar } = world;
  return dataTable({
    caption: "Changes",
    columns: [
      trackColumn(shown, "Track", ({ track }) => world.track(track)),
      { title: "Artists", of: ({ track }) => world.track(track).artists },
      playlistColumn(shown),
      { title: "Change", of: ({ kind }) => kind },
      { title: "After", of: ({ before }) => calendar.iso(before) },
      { title: "By", of: ({ day }) => calendar.iso(day) },
      { title: "Replaced id", of: ({ replaced }) => (replaced === null ? null : world.track(replaced).id) },
    ],
    rows: changes,
    sort: ["By", "descending"],
    sql: `select track_name, artists, playlist_name, change, date_before, date, replaced_track_id
from changes_since(${sqlDay(calendar, from)})
where date <= ${sqlDay(calendar, to)}${sqlAmongPlaylists(world)}`,
  });
}

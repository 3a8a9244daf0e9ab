// Two playlists side by side: what they share, since when, and which had a track first.

import { facts, html, name, section, titled } from "./dom.js";
import { dayField } from "./charts.js";
import { sharedBy, tracksOn } from "./metrics.js";
import { leadSection, overlapSection } from "./overlap.js";
import { isOpenOn } from "./period.js";
import { dataTable, dayColumn, sqlOf, sqlText, trackColumn } from "./table.js";
import { rounded } from "./words.js";

const MOST_LETTERS = 80; // of a name in a choice

export function compareView(world, shown, one, other) {
  if (!one || !other || one === other) {
    const why = one && one === other ? "Choose two different playlists." : "Choose two playlists.";
    return [headline(world, shown, [one, other], [html("p", { class: "lead" }, why)])];
  }
  const known = world.until(Math.max(shown.last, shown.asOf));
  const both = [one, other].map(({ index }) => known.playlists[index]);
  const day = lastObserved(known, both, shown.asOf);
  const tracks = day === null ? null : both.map((playlist) => tracksOn(known, playlist, day));
  return [
    headline(known, shown, both, tracks ? numbers(known, both, day, tracks) : []),
    tracksSection(known, shown, both, day, tracks),
    overlapSection(world, shown, one, other),
    leadSection(world, shown, one, other),
  ];
}

/** The last day, up to `day`, on which both playlists were observed; null if there is none. */
function lastObserved(world, playlists, day) {
  for (let found = day; found >= 0; found -= 1) {
    if (playlists.every((playlist) => tracksOn(world, playlist, found))) {
      return found;
    }
  }
  return null;
}

function headline(world, shown, playlists, rest) {
  const link = ({ id, title }) => html("a", { href: shown.link({ kind: "playlist", ids: [id] }) }, name(title));
  const [one, other] = playlists.map((playlist) => playlist && link(playlist));
  return html(
    "div",
    { class: "headline" },
    html("p", { class: "eyebrow" }, "Compare"),
    html("h1", { tabindex: -1 }, one && other ? [one, " and ", other] : "Compare two playlists"),
    html(
      "div",
      { class: "choices" },
      ["First playlist", "Second playlist"].map((label, place) => choice(world, shown, playlists, label, place)),
    ),
    rest,
  );
}

function choice(world, shown, playlists, label, place) {
  const change = ({ target }) => {
    const ids = playlists.map((playlist) => playlist?.id ?? "");
    ids[place] = target.value;
    location.hash = shown.link({ kind: "compare", ids });
  };
  const option = (playlist) => {
    const title = playlist.label ? `${playlist.title} (${playlist.label})` : playlist.title;
    const isChosen = playlist === playlists[place];
    return html("option", { value: playlist.id, selected: isChosen }, title.slice(0, MOST_LETTERS));
  };
  return html(
    "label",
    { class: "choice" },
    label,
    html(
      "select",
      { change },
      playlists[place] ? null : html("option", { value: "", selected: true }, "Choose …"),
      world.playlists.map(option),
    ),
  );
}

function numbers({ calendar }, playlists, day, tracks) {
  const { shared, sizes, jaccard } = sharedBy(...tracks);
  const only = (key, place) => [
    key,
    `Only in the ${place ? "second" : "first"}`,
    sizes[place] - shared,
    html("span", { class: "two-lines" }, "of ", String(sizes[place]), " in ", name(playlists[place].title)),
  ];
  return [
    facts([
      ["shared", "In both", shared, `on ${calendar.say(day)}`],
      ["jaccard", "Jaccard", rounded(jaccard, 3), "in both, divided by in either"],
      only("only-first", 0),
      only("only-second", 1),
    ]),
    sqlOf(`select
    count(*) filter (where is_in_a and is_in_b) as "in both",
    round(count(*) filter (where is_in_a and is_in_b) / nullif(count(*), 0), 3) as jaccard,
    count(*) filter (where not is_in_b) as "only in the first",
    count(*) filter (where not is_in_a) as "only in the second"
from ${compared(calendar, playlists, day)}`),
  ];
}

function compared(calendar, [one, other], day) {
  return `compare_playlists(${sqlText(one.id)}, ${sqlText(other.id)}, date '${calendar.iso(day)}')`;
}

function tracksSection(world, shown, playlists, day, tracks) {
  const { calendar } = world;
  const title = titled(
    day === null ? "Tracks" : `Tracks on ${calendar.say(day)}`,
    dayField(calendar, "as of", shown.asOf, (asOf) => shown.link({ asOf })),
  );
  if (day === null) {
    return section(title, `Up to ${calendar.say(shown.asOf)} there is no day on which both playlists were observed.`);
  }
  const late =
    `On ${calendar.say(shown.asOf)} they were not both observed: ` +
    "this is the last day before on which they were.";
  const [ours, theirs] = tracks;
  const added = playlists.map((playlist) => addedOn(world, playlist, day));
  const rows = [...new Set([...ours.keys(), ...theirs.keys()])].map((index) => ({
    track: world.track(index),
    positions: [ours.get(index) ?? null, theirs.get(index) ?? null],
    added: [added[0].get(index) ?? null, added[1].get(index) ?? null],
  }));
  const groups = [
    [["In both"], (row) => row.positions.every(Boolean), [0, 1], "is_in_a and is_in_b"],
    [["Only in ", name(playlists[0].title)], (row) => row.positions[1] === null, [0], "not is_in_b"],
    [["Only in ", name(playlists[1].title)], (row) => row.positions[0] === null, [1], "not is_in_a"],
  ];
  return section(
    title,
    day === shown.asOf ? null : late,
    groups.map(([heading, fits, places, condition]) => [
      html("h3", {}, heading),
      tracksTable(world, shown, rows.filter(fits), places, {
        caption: heading.length > 1 ? `Only in the ${places[0] ? "second" : "first"}` : heading[0],
        from: `${compared(calendar, playlists, day)}\nwhere ${condition}`,
      }),
    ]),
  );
}

/** When the tracks of a playlist on a day were added, by track. */
function addedOn(world, playlist, day) {
  const there = world.staysIn(playlist).filter((stay) => isOpenOn(stay, day));
  return new Map(there.map(({ track, added }) => [track, added]));
}

function tracksTable({ calendar }, shown, rows, places, { caption, from }) {
  const of = places.length > 1 ? [" in the first", " in the second"] : ["", ""];
  const columns = [
    trackColumn(shown, "track"),
    { title: "artists", of: ({ track }) => track.artists, isQuiet: true },
    { title: "id", of: ({ track }) => track.id, isQuiet: true },
    ...places.flatMap((place) => [
      { title: `position${of[place]}`, of: (row) => row.positions[place], number: true },
      dayColumn(calendar, `added${of[place]}`, (row) => row.added[place]),
    ]),
  ];
  const asked = places.map((place) => `    position_${"ab"[place]} as "position${of[place]}",
    added_${"ab"[place]} as "added${of[place]}"`);
  return dataTable({
    caption,
    columns,
    rows: rows.toSorted((one, other) => one.positions[places[0]] - other.positions[places[0]]),
    limit: 12,
    sql: `select
    track_name as track,
    artists,
    track_id as id,
${asked.join(",\n")}
from ${from}`,
    empty: "No track.",
  });
}

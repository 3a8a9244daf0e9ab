// What moved in the last week: popularity up and down, tracks in and out.

import { html, playlistLink, section, table, trackLink } from "./dom.js";
import { count, number, signed } from "./words.js";
import { NO_VALUE, isEntry, isExit, isReadTwice, isUsable, readsSince } from "./world.js";

const WEEK = 7;
const MOVERS = 8;

/** Of each track with two values in the last week, the first and the last of them. 0 may mean that there is none. */
function movers({ values, days, tracks }) {
  const found = [];
  const isKnown = (value) => value !== NO_VALUE && value !== 0;
  for (let track = 0; track < tracks.id.length; track += 1) {
    const week = Array.from({ length: Math.min(WEEK + 1, days) }, (_, ago) => days - 1 - ago)
      .toReversed()
      .map((day) => ({ day, value: values[track * days + day] }))
      .filter(({ value }) => isKnown(value));
    if (week.length > 1 && week[0].value !== week.at(-1).value) {
      found.push({ track, from: week[0], to: week.at(-1), change: week.at(-1).value - week[0].value });
    }
  }
  return found;
}

export function moversSection(world) {
  const found = movers(world);
  const rises = found
    .filter(({ change }) => change > 0)
    .toSorted((one, other) => other.change - one.change || one.track - other.track);
  const falls = found
    .filter(({ change }) => change < 0)
    .toSorted((one, other) => one.change - other.change || one.track - other.track);
  const about =
    "Popularity of tracks on the first and the last day with a value, of the last day and the seven before it. " +
    "Values of 0 are left out: Spotify also says 0 where it has none.";
  return section(
    "Movers of the week",
    about,
    found.length
      ? html(
          "div",
          { class: "pair" },
          moversTable(world, "Biggest rises", rises),
          moversTable(world, "Biggest falls", falls),
        )
      : html("p", { class: "empty" }, noMovers(world)),
  );
}

function noMovers(world) {
  if (world.values.every((value) => value === NO_VALUE)) {
    return (
      "Spotify has told no popularity. An app made since 11 February 2026 gets none; with another app, look at the " +
      "last runs below."
    );
  }
  return world.days < 2 ? "One day is known: movers need a second one." : "No popularity has changed this week.";
}

function moversTable(world, title, found) {
  const at = ({ day, value }) => [
    html("span", { class: "value" }, value),
    html("span", { class: "when" }, world.calendar.short(day)),
  ];
  return table(
    title,
    ["Track", { title: "from", number: true }, { title: "to", number: true }, { title: "change", number: true }],
    found
      .slice(0, MOVERS)
      .map(({ track, from, to, change }) => [
        trackLink(world.track(track)),
        at(from),
        at(to),
        html("span", { class: change > 0 ? "up" : "down" }, signed(change)),
      ]),
  );
}

export function turnoverSection(world) {
  const [first, last] = [Math.max(0, world.days - WEEK), world.lastDay];
  const counted = world.playlists
    .map((list) => {
      const stays = world.staysIn(list);
      return {
        list,
        reads: readsSince(list, first),
        entries: stays.filter((stay) => isEntry(stay, first, last)).length,
        exits: stays.filter((stay) => isExit(stay, first, last)).length,
        observed: Array.from(list.outcomes.slice(first)).filter(isUsable).length,
      };
    })
    .filter(({ entries, exits }) => entries + exits > 0);
  counted.sort(
    (one, other) => other.entries + other.exits - one.entries - one.exits || one.list.index - other.list.index,
  );
  const days = last - first + 1;
  const compared = world.playlists.filter((list) => readsSince(list, first)).length;
  return section(
    "Playlists that changed most",
    compared &&
      "Tracks added and removed between the last read before these seven days and the last of all. Compared: " +
        `${number(compared)} of ${count(world.playlists.length, "playlist")}.`,
    counted.length
      ? table(
          "Added and removed",
          ["Playlist", ...["added", "removed", "observed"].map((title) => ({ title, number: true }))],
          counted
            .slice(0, MOVERS)
            .map(({ list, reads, entries, exits, observed }) => [
              playlistLink(list),
              number(entries),
              number(exits),
              [
                `${observed}/${days} days`,
                reads && html("span", { class: "when" }, world.calendar.between(reads.from, reads.to)),
              ],
            ]),
          { quiet: true },
        )
      : html("p", { class: "empty" }, noTurnover(world, compared)),
  );
}

function noTurnover({ playlists }, compared) {
  if (compared) {
    return "Nothing was added or removed this week, as far as was observed.";
  }
  return playlists.some(isReadTwice)
    ? "Nothing is known of this week: that takes a read in these seven days, and one before it."
    : "Changes need a second read: no playlist was read on two days yet.";
}

// What is computed from stays, by the definitions of the published functions of the same names.

import { Tracklists } from "./tracklists.js";
import { NO_VALUE, isUsable } from "./world.js";

/** The position of a track in a playlist on each day: the first of several, null where it is not observed. */
export function positionsOf(world, track, playlist) {
  const positions = Array(world.days).fill(null);
  for (const { first, last, tracks } of world.tracklists.of(playlist.index)) {
    const position = tracks.indexOf(track.index) + 1;
    const days = position ? daysFrom(Math.max(0, first), last) : [];
    days.filter((day) => isUsable(playlist.outcomes[day])).forEach((day) => (positions[day] = position));
  }
  return positions;
}

/**
 * The mean popularity in the `days` days before a stay, during it, and in as many after it, up to the day `last`: each
 * {mean, known, expected}, null if the page can't tell. `expected` are the days on which runs took place.
 */
export function popularityAround(world, stay, days, last) {
  const values = world.popularity(stay.track);
  const over = (from, to) => {
    if (from < 0 && world.isCut) {
      return null;
    }
    const asked = daysFrom(Math.max(0, from), Math.min(to, last));
    const known = asked.map((day) => values[day]).filter((value) => value !== NO_VALUE);
    const mean = known.length ? Math.round((known.reduce((sum, value) => sum + value, 0) / known.length) * 10) / 10 : null;
    return { mean, known: known.length, expected: asked.filter((day) => world.runDays.has(day)).length };
  };
  return {
    before: over(stay.added - days, stay.added - 1),
    during: over(stay.added, stay.last),
    after: stay.isCurrent ? { mean: null, known: 0, expected: 0 } : over(stay.last + 1, stay.last + days),
  };
}

export function daysFrom(first, last) {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, ahead) => first + ahead);
}

/** The tracks of a playlist on a usable day, with their positions; null on other days. */
export function tracksOn(world, playlist, day) {
  if (!isUsable(playlist.outcomes[day])) {
    return null;
  }
  const version = world.tracklists.on(playlist.index, day);
  return version && Tracklists.positions(version);
}

/** What two playlists share on each day of a period: {sizes, shared, either, jaccard}, null where one is not observed. */
export function overlap(world, one, other, { first, last }) {
  const days = Array(world.days).fill(null);
  const known = new Map(); // by the pair of versions
  for (const day of daysFrom(first, last)) {
    const versions = [one, other].map(({ index, outcomes }) =>
      isUsable(outcomes[day]) ? world.tracklists.on(index, day) : null,
    );
    if (versions.every(Boolean)) {
      const key = versions.map((version) => version.first).join();
      if (!known.has(key)) {
        known.set(key, sharedBy(...versions.map(Tracklists.positions)));
      }
      days[day] = known.get(key);
    }
  }
  return days;
}

export function sharedBy(ours, theirs) {
  const shared = [...ours.keys()].filter((track) => theirs.has(track)).length;
  const either = ours.size + theirs.size - shared;
  return { sizes: [ours.size, theirs.size], shared, either, jaccard: either ? shared / either : null };
}

/**
 * Which of the tracks that entered the playlist `first` entered `second` on a later day, up to the day `last`: how many
 * `tracks` entered the first, and `later`, [track, entered first, entered second] of those that came later.
 */
export function followed(world, first, second, last) {
  const known = (playlist) => world.staysIn(playlist).filter((stay) => stay.first <= last);
  const entries = new Map(); // the first that the watch saw
  const received = new Map(); // the first stay, if the watch saw its start
  for (const stay of known(first)) {
    if (!stay.isOlder) {
      entries.set(stay.track, Math.min(stay.added, entries.get(stay.track) ?? Infinity));
    }
  }
  for (const stay of known(second)) {
    if (!received.has(stay.track)) {
      received.set(stay.track, stay.isOlder ? null : stay.added);
    }
  }
  const later = [...entries].filter(([track, entered]) => (received.get(track) ?? -Infinity) > entered);
  return { first, second, tracks: entries.size, later: later.map(([track, entered]) => [track, entered, received.get(track)]) };
}

export function median(values) {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : sorted.length ? (sorted[middle - 1] + sorted[middle]) / 2 : null;
}

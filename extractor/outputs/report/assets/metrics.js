// What is computed from stays, by the definitions of the published functions of the same names.

import { Tracklists } from "./tracklists.js";
import { rounded } from "./words.js";
import { NO_VALUE, isUsable, lastRead, readBefore } from "./world.js";

const HALF = 0.500000001; // a product of 1/2 may be off in its last digits

/** The popularity of a track on every day: null where Spotify gave none, or 0, which may be none. */
export function popularities(world, track) {
  return Array.from(world.popularity(track), (value) => (value === NO_VALUE || value === 0 ? null : value));
}

export function mean(values) {
  return values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : null;
}

export function median(values) {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : sorted.length ? (sorted[middle - 1] + sorted[middle]) / 2 : null;
}

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
    const expected = asked.filter((day) => world.runDays.has(day)).length;
    return { mean: rounded(mean(known), 1), known: known.length, expected };
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

export function sharedBy(ours, theirs) {
  const shared = [...ours.keys()].filter((track) => theirs.has(track)).length;
  const either = ours.size + theirs.size - shared;
  return { sizes: [ours.size, theirs.size], shared, either, jaccard: either ? shared / either : null };
}

/**
 * The days of a playlist from `first` to `last`, each {day, since, size, added, removed, turnover, popularity, known}.
 * Changes happened in the `since` days up to the day; `popularity` is the mean of the `known` tracks that have one.
 * All are null on a day that is not usable, and changes on the first one that is.
 */
export function daysOf(world, playlist, changes, first, last) {
  const shownBy = Map.groupBy(changes, ({ to }) => to);
  const found = [];
  for (let day = first; day <= last; day += 1) {
    const tracks = tracksOn(world, playlist, day);
    const before = readBefore(playlist, day);
    const since = tracks && before !== null ? day - before : null;
    const sum = (key) =>
      since === null ? null : (shownBy.get(day) ?? []).reduce((total, change) => total + change[key], 0);
    const [size, added, removed] = [tracks?.size ?? null, sum("added"), sum("removed")];
    const turnover = since === null || !size ? null : turnoverOn(added + removed, size, since);
    const values = [...(tracks?.keys() ?? [])]
      .map((track) => world.values[track * world.days + day])
      .filter((value) => value !== NO_VALUE && value !== 0);
    const popularity = mean(values);
    found.push({ day, since, size, added, removed, turnover, popularity, known: tracks && values.length });
  }
  return found;
}

/** The share of a playlist that was replaced in each of the `since` days in which so many tracks came or left. */
export function turnoverOn(moved, size, since) {
  return moved / (2 * size) / since;
}

/** The turnover of a day over several of `daysOf`: the share that was replaced, by the days that took, or null. */
export function turnoverOf(days) {
  const known = days.filter(({ turnover }) => turnover !== null);
  const length = known.reduce((sum, { since }) => sum + since, 0);
  return length ? known.reduce((sum, { turnover, since }) => sum + turnover * since, 0) / length : null;
}

/** What two playlists share on each day of a period: {sizes, shared, either, jaccard}; null if one is not observed. */
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

/** The playlists that share tracks with one on a usable day, each {playlist, sizes, shared, jaccard}. */
export function overlapsOn(world, playlist, day) {
  const ours = tracksOn(world, playlist, day) ?? new Map();
  // Unpacking tracklists takes time: only those of playlists with a stay of one of the tracks.
  const others = new Set(
    [...ours.keys()]
      .flatMap((track) => world.staysBy({ index: track }))
      .filter(({ first, last }) => first <= day && day <= last)
      .map((stay) => stay.playlist),
  );
  others.delete(playlist);
  return [...others]
    .map((other) => ({ playlist: other, theirs: tracksOn(world, other, day) }))
    .filter(({ theirs }) => theirs)
    .map(({ playlist: other, theirs }) => Object.assign(sharedBy(ours, theirs), { playlist: other }))
    .filter(({ shared }) => shared > 0);
}

/**
 * How the tracks of a playlist came to it: by track {held, entered, received}. `held` is the first day of
 * all, `entered` the first that the watch saw, and `received` that of its first stay; null where the watch saw none.
 */
function arrivals(world, playlist) {
  const found = new Map();
  for (const { track, added, isOlder } of world.staysIn(playlist)) {
    const entered = isOlder ? null : added;
    const known = found.get(track) ?? { held: added, entered, received: entered };
    known.held = Math.min(known.held, added);
    known.entered = known.entered === null ? entered : Math.min(known.entered, entered ?? Infinity);
    found.set(track, known);
  }
  return found;
}

/**
 * As `feeders`, of two `arrivals`: how many `tracks` entered one playlist, `later` as [track, day, day in the other] of
 * those that entered the other on a later day, the median `lag` of these, and how many the one held `before`.
 */
function followed(ones, others) {
  const later = [];
  let [tracks, before] = [0, 0];
  for (const [track, { held, entered }] of ones) {
    const received = others.get(track)?.received ?? -Infinity;
    tracks += entered === null ? 0 : 1;
    before += held < received ? 1 : 0;
    if (entered !== null && entered < received) {
      later.push([track, entered, received]);
    }
  }
  const lag = median(later.map(([, entered, received]) => received - entered));
  return { tracks, later, share: later.length / tracks, lag, before };
}

/** Both ways between two playlists in which tracks came to one after the other. */
export function leads(world, one, other) {
  const [ones, others] = [one, other].map((playlist) => arrivals(world, playlist));
  return [
    { first: one, second: other, ...followed(ones, others) },
    { first: other, second: one, ...followed(others, ones) },
  ];
}

/** The playlists with tracks that came to this one later, those with the greatest share first. */
export function feeders(world, playlist) {
  const received = arrivals(world, playlist);
  return world.playlists
    .filter((other) => other !== playlist)
    .map((other) => Object.assign(followed(arrivals(world, other), received), { playlist: other }))
    .filter(({ later }) => later.length > 0)
    .toSorted((one, other) => other.share - one.share || one.playlist.index - other.playlist.index);
}

/**
 * As `survival`: {ages, stays, leftOut, halfLife, halfLifeMin}. An age has {age, atRisk, exits, share, shareMin}: the
 * Kaplan-Meier estimate of the share of stays that last longer, with the latest and the earliest days of their ends.
 */
export function survival(playlist, stays) {
  const end = lastRead(playlist);
  const known = stays
    .filter(({ isOlder, isClaimed }) => !isOlder || isClaimed)
    .map(({ added, first, last, absent, isOlder }) => ({
      entry: isOlder ? first - added : 0,
      exit: (absent ?? end) - added,
      exitMin: (absent === null ? end : last + 1) - added,
      isEnded: absent !== null,
    }));
  const [most, least] = [curve(known, "exit"), curve(known, "exitMin")];
  const all = [...new Set([0, ...most.keys(), ...least.keys()])].toSorted((one, other) => one - other);
  const at = (steps, age) => [...steps].findLast(([step]) => step <= age)?.[1].share ?? 1;
  const isAtRisk = (age) => ({ entry, exit }) => (age ? entry < age && age <= exit : entry === 0);
  const ages = all.map((age) => ({
    age,
    atRisk: count(known, isAtRisk(age)),
    exits: most.get(age)?.exits ?? 0,
    share: known.length ? at(most, age) : null,
    shareMin: known.length ? at(least, age) : null,
  }));
  const halfLife = (key) => ages.find((one) => one[key] !== null && one[key] <= HALF)?.age ?? null;
  return {
    ages: stays.length ? ages : [],
    longest: Math.max(0, ...known.map(({ exit }) => exit)),
    stays: known.length,
    leftOut: stays.length - known.length,
    halfLife: halfLife("share"),
    halfLifeMin: halfLife("shareMin"),
  };
}

/** The ages at which stays end, with how many do and the share that is left. */
function curve(stays, exitKey) {
  const ended = Map.groupBy(
    stays.filter(({ isEnded }) => isEnded),
    (stay) => stay[exitKey],
  );
  let share = 1;
  const steps = [...ended.keys()]
    .toSorted((one, other) => one - other)
    .map((age) => {
      const exits = ended.get(age).length;
      const atRisk = count(stays, ({ entry }) => entry < age) - count(stays, (stay) => stay[exitKey] < age);
      share *= 1 - exits / atRisk;
      return [age, { exits, share }];
    });
  return new Map(steps);
}

function count(rows, holds) {
  return rows.reduce((sum, row) => sum + (holds(row) ? 1 : 0), 0);
}

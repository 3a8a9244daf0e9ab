// What happened in a period: its changes, and what it says of each playlist. By the definitions of the published
// functions of the same names.

import { mean, turnoverOf, turnoverOn } from "./metrics.js";
import { NO_VALUE, isUsable, readBefore, sightings } from "./world.js";

const NEW = 28;
const PERIODS = [7, 28];

/** Whether a track is in a playlist as it was last read up to a day. */
export function isOpenOn({ first, absent }, day) {
  return first <= day && (absent === null || day < absent);
}

/**
 * The days whose changes are shown: later than `from`, up to `to`. Without a choice these are the days since the read
 * before the last one, or the last 7 or 28 days if nothing has changed since.
 */
export function periodOf(world, shown) {
  const to = shown.last;
  if (shown.isFixed.from) {
    return { from: Math.max(shown.first - 1, earliestOf(world)), to };
  }
  const all = periodsUpTo(world, to);
  return all.find(({ from }) => changesBetween(world, from, to).length > 0) ?? all[0];
}

/** The first day after which the page has all changes: in an excerpt, the one before its days. */
export function earliestOf({ isCut }) {
  return isCut ? -1 : 0;
}

/** The periods to choose from, shortest first: since the read before the last one, 7 days and 28 days. */
export function periodsUpTo(world, to) {
  const observedBefore = (day) => {
    const found = world.playlists.map((playlist) => readBefore(playlist, day)).filter((read) => read !== null);
    return found.length ? Math.max(...found) : day - 1;
  };
  const earliest = earliestOf(world);
  const latest = Math.max(earliest, observedBefore(observedBefore(to + 1)));
  const others = PERIODS.map((length) => to - length).filter((from) => earliest <= from && from < latest);
  return [latest, ...others].map((from) => ({ from, to }));
}

/** Whether changes of a playlist later than `from` and up to `to` could be seen: it was read then, and before. */
export function isCompared(playlist, { from, to }) {
  const last = readBefore(playlist, to + 1);
  return last !== null && last > from && readBefore(playlist, last) !== null;
}

/**
 * The changes of all playlists later than `from` and up to `to`, as in changes_since: {kind, playlist, track, before,
 * day, replaced}. A change happened after `before` and no later than `day`; `replaced` is the other id of a recording.
 * `rows` are the stays that are looked at.
 */
export function changesBetween(world, from, to, rows = world.stays.playlist.keys()) {
  const { playlist, track, older } = world.stays;
  const { newIds, oldIds } = replacementsBetween(world, from, to);
  const found = [];
  for (const row of rows) {
    const { first, last, absent } = world.bounds(row);
    if (!older[row] && from < first && first <= to) {
      found.push(beginning(world.stay(row), newIds));
    }
    const isRemoved = absent !== null && from < absent && absent <= to;
    if (isRemoved && !(oldIds.size && oldIds.has(keyOf(playlist[row], absent, track[row])))) {
      const of = world.playlists[playlist[row]];
      found.push({ kind: "removed", playlist: of, track: track[row], before: last, day: absent, replaced: null });
    }
  }
  return found;
}

function keyOf(playlist, day, track) {
  return `${playlist} ${day} ${track}`;
}

function beginning({ playlist, track, first, isReturn }, newIds) {
  const replaced = newIds.size ? (newIds.get(keyOf(playlist.index, first, track)) ?? null) : null;
  const kind = replaced !== null ? "replaced" : isReturn ? "returned" : "added";
  return { kind, playlist, track, before: readBefore(playlist, first) ?? first - 1, day: first, replaced };
}

function replacementsBetween({ replacements }, from, to) {
  const [newIds, oldIds] = [new Map(), new Set()];
  replacements.day.forEach((day, row) => {
    if (from < day && day <= to) {
      newIds.set(keyOf(replacements.playlist[row], day, replacements.track[row]), replacements.replaced[row]);
      oldIds.add(keyOf(replacements.playlist[row], day, replacements.replaced[row]));
    }
  });
  return { newIds, oldIds };
}

/** Numbers of changes: those that returned are among the added ones too. */
export function counted(changes) {
  const number = (...kinds) => changes.filter(({ kind }) => kinds.includes(kind)).length;
  return {
    added: number("added", "returned"),
    returned: number("returned"),
    removed: number("removed"),
    replaced: number("replaced"),
  };
}

/** The turnover of a playlist over a period, in which replacements count; null without two usable days. */
export function turnoverIn(playlist, changes, { from, to }) {
  const moved = new Map();
  changes.forEach(({ kind, day }) => moved.set(day, (moved.get(day) ?? 0) + (kind === "replaced" ? 2 : 1)));
  const days = [];
  for (let day = from + 1; day <= to; day += 1) {
    const size = playlist.sizes[day];
    const before = isUsable(playlist.outcomes[day]) && size ? readBefore(playlist, day) : null;
    if (before !== null) {
      days.push({ since: day - before, turnover: turnoverOn(moved.get(day) ?? 0, size, day - before) });
    }
  }
  return turnoverOf(days);
}

/** For each playlist, the mean popularity of its tracks on the days from `first` to `last`; null where it has none. */
export function meanPopularities(world, first, last) {
  const { playlist, track, first: begins, lasted } = world.stays;
  const days = last - first + 1;
  const cells = world.playlists.length * days;
  const [sums, numbers] = [new Float64Array(cells), new Uint32Array(cells)];
  const isSeen = world.playlists.map((one) => sightings(world, one));
  for (let row = 0; row < playlist.length; row += 1) {
    const end = Math.min(last, begins[row] + lasted[row]);
    for (let day = Math.max(first, begins[row]); day <= end; day += 1) {
      const value = world.values[track[row] * world.days + day];
      if (value !== NO_VALUE && value !== 0 && isSeen[playlist[row]](track[row], day)) {
        sums[playlist[row] * days + day - first] += value;
        numbers[playlist[row] * days + day - first] += 1;
      }
    }
  }
  return world.playlists.map(({ index }) => {
    const means = Array(world.days).fill(null);
    for (let day = first; day <= last; day += 1) {
      const cell = index * days + day - first;
      means[day] = numbers[cell] ? sums[cell] / numbers[cell] : null;
    }
    return means;
  });
}

/** The share of a playlist's tracks released in the 28 days up to a read, as in curation; null without exact dates. */
export function shareReleased(world, playlist, day) {
  const { track, first, lasted } = world.stays;
  const isSeen = sightings(world, playlist);
  const isHeld = (row) => first[row] <= day && day <= first[row] + lasted[row] && isSeen(track[row], day);
  const held = Array.from(world.staysOfPlaylist(playlist.index)).filter(isHeld);
  const ages = held.map((row) => ageOf(world, track[row], day)).filter((age) => age !== null);
  return mean(ages.map((age) => (0 <= age && age < NEW ? 1 : 0)));
}

/** Days since the release of a track; null if its date is not known to the day. */
function ageOf({ tracks, calendar }, track, day) {
  const released = tracks.released[track];
  return released?.length === 10 ? day - calendar.day(released) : null;
}

/** The last number that is known up to a day, null if there is none. */
export function lastKnown(numbers, day) {
  return numbers[numbers.findLastIndex((value, at) => at <= day && value !== null)] ?? null;
}

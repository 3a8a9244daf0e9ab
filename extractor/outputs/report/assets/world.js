// What was published, unpacked: playlists with their days, tracks, stays, popularity.

import { Tracklists } from "./tracklists.js";
import { Calendar } from "./words.js";

export const NO_VALUE = 255;

/** The letters of a playlist's days. A day that is not usable says nothing about which tracks were there. */
export const OUTCOMES = {
  c: { name: "complete", meaning: "read to the end", usable: true },
  u: { name: "unchanged", meaning: "proven unchanged", usable: true },
  i: { name: "imported", meaning: "read by others", usable: true },
  e: { name: "empty", meaning: "read: no entries", usable: true },
  p: { name: "partial", meaning: "read in part", usable: false },
  x: { name: "unavailable", meaning: "refused, or gone", usable: false },
  f: { name: "failed", meaning: "no usable answer", usable: false },
  n: { name: "not run", meaning: "not requested", usable: false },
};

export const isUsable = (letter) => OUTCOMES[letter]?.usable ?? false;
export const isUnobserved = (letter) => letter in OUTCOMES && !OUTCOMES[letter].usable;

export async function readWorld() {
  const [facts, steps, places] = await Promise.all(["facts", "popularity", "places"].map(unpacked));
  return new World(JSON.parse(new TextDecoder().decode(facts)), new Uint8Array(steps), new Uint8Array(places));
}

async function unpacked(id) {
  const text = atob(document.getElementById(id).textContent);
  const packed = new Uint8Array(text.length);
  for (let place = 0; place < text.length; place += 1) {
    packed[place] = text.charCodeAt(place);
  }
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

class World {
  constructor(facts, steps, places) {
    this.days = facts.days;
    this.daysKnown = facts.days_known; // of the database, as the number of playlists: the page may be an excerpt
    this.playlistsKnown = facts.playlists_known;
    this.lastRead = facts.last_read; // a date: of a playlist, or of a popularity
    this.publishedAt = new Date(facts.published_at);
    this.calendar = new Calendar(facts.first_day, facts.days);
    this.playlists = playlists(facts);
    this.tracks = facts.tracks;
    this.artists = facts.artists;
    this.runs = facts.runs; // those that did not read everything
    this.runDays = new Set(facts.run_days.day);
    this.replacements = facts.replacements;
    this.values = valuesOf(steps, facts.days);
    this.knownTo = this.lastDay;
    this.whole = this;
    take(this, facts.stays);
    const { versions, entered, history } = facts;
    const rowsOf = grouped(versions.playlist, this.playlists.length);
    this.tracklists = new Tracklists(versions, entered.track, places, rowsOf);
    this.history = history;
    this.historyOfPlaylist = grouped(history.playlist, this.playlists.length);
    this.tracksOfArtist = lazily(() => groupedAll(this.tracks.by, this.artists.id.length));
    this.tracksOfRecording = lazily(() => Map.groupBy(this.tracks.isrc.keys(), (track) => this.tracks.isrc[track]));
    this.playlistNumbers = new Map(this.playlists.map(({ id }, index) => [id, index]));
    this.trackNumbers = new Map(this.tracks.id.map((id, index) => [id, index]));
    this.artistNumbers = new Map(this.artists.id.map((id, index) => [id, index]));
  }

  /**
   * The page as it was known at the end of a day: without later reads, and without stays that begin later. Those that
   * end later are open.
   */
  until(day) {
    const { whole } = this;
    if (day >= whole.lastDay || day === this.knownTo) {
      return day === this.knownTo ? this : whole;
    }
    const known = Object.create(whole);
    known.knownTo = day;
    known.playlists = whole.playlists.map((playlist) => ({
      ...playlist,
      outcomes: playlist.outcomes.slice(0, day + 1),
      isWatched: playlist.isWatched || /[cuxf]/u.test(playlist.outcomes.slice(day + 1)), // requested later
      isReadLater: lastRead(playlist) > day,
    }));
    take(known, staysUntil(whole, day));
    return known;
  }

  /** Whether the days after the one up to which it is known are left out. */
  get isPast() {
    return this.knownTo < this.whole.lastDay;
  }

  /** The playlist, track or artist with an id; undefined if it is not in the page. */
  find(kind, id) {
    const finders = {
      playlist: () => this.playlists[this.playlistNumbers.get(id)],
      track: () => (this.trackNumbers.has(id) ? this.track(this.trackNumbers.get(id)) : undefined),
      artist: () => (this.artistNumbers.has(id) ? this.artist(this.artistNumbers.get(id)) : undefined),
    };
    return finders[kind]();
  }

  /** Whether the database has earlier days than the page. */
  get isCut() {
    return this.daysKnown > this.days;
  }

  /** Whether the database has other playlists than the page. */
  get isPartial() {
    return this.playlistsKnown > this.playlists.length;
  }

  get lastDay() {
    return this.days - 1;
  }

  track(index) {
    const { id, name, artists, by, album, isrc, released } = this.tracks;
    return {
      index,
      id: id[index],
      title: name[index] ?? id[index],
      artists: artists[index] ?? "",
      by: by[index], // indices of the artists that have an id
      album: album[index],
      isrc: isrc[index],
      released: released[index], // a day, a month or a year; null if unknown
    };
  }

  artist(index) {
    return { index, id: this.artists.id[index], title: this.artists.name[index] ?? this.artists.id[index] };
  }

  /** The indices of the tracks of an artist. */
  tracksBy(artist) {
    return this.tracksOfArtist()(artist.index);
  }

  /** The indices of the tracks with the same ISRC as a track, itself included. */
  sameRecording(track) {
    return track.isrc === null ? [track.index] : this.tracksOfRecording().get(track.isrc);
  }

  /** The versions of a playlist's name and description: {first, name, description}. */
  descriptions(playlist) {
    const { first, name, description } = this.history;
    return Array.from(this.historyOfPlaylist(playlist.index))
      .filter((row) => first[row] <= this.knownTo)
      .map((row) => ({ first: first[row], name: name[row], description: description[row] }));
  }

  /** The first day of a stay, the last one, and the one that proves its end, or null. */
  bounds(index) {
    const { first, lasted, absent_after: absentAfter } = this.stays;
    const last = first[index] + lasted[index];
    return { first: first[index], last, absent: absentAfter[index] === null ? null : last + absentAfter[index] };
  }

  /**
   * A stay of a playlist's track. `isCurrent` says that no read proves its end; `unknownSince` is then the last day on
   * which it was seen, null if that is the day up to which all is known.
   */
  stay(index) {
    const { playlist, track, claimed_before, claimed, older, returned, days_seen } = this.stays;
    const bounds = this.bounds(index);
    const isCurrent = bounds.absent === null;
    return {
      playlist: this.playlists[playlist[index]],
      track: track[index],
      ...bounds,
      isCurrent,
      unknownSince: isCurrent && bounds.last < this.knownTo ? bounds.last : null,
      added: bounds.first - claimed_before[index],
      isClaimed: claimed[index] === 1,
      isOlder: older[index] === 1,
      isReturn: returned[index] === 1,
      daysSeen: days_seen[index],
    };
  }

  staysIn(playlist) {
    return Array.from(this.staysOfPlaylist(playlist.index), (index) => this.stay(index));
  }

  staysBy(track) {
    return Array.from(this.staysOfTrack(track.index), (index) => this.stay(index));
  }

  /** A value, or NO_VALUE, for every day. */
  popularity(track) {
    return this.values.subarray(track * this.days, (track + 1) * this.days);
  }
}

function take(world, stays) {
  world.stays = stays;
  world.staysOfPlaylist = grouped(stays.playlist, world.playlists.length);
  world.staysOfTrack = grouped(stays.track, world.tracks.id.length);
}

/** The stays, in columns, as they were known at the end of a day. */
function staysUntil(world, day) {
  const { stays, playlists: all } = world;
  const isSeen = all.map((playlist) => sightings(world, playlist));
  const rows = Array.from(stays.first.keys()).filter((row) => stays.first[row] <= day);
  const known = Object.fromEntries(
    Object.entries(stays).map(([key, column]) => [key, rows.map((row) => column[row])]),
  );
  rows.forEach((row, index) => {
    const [playlist, track] = [stays.playlist[row], stays.track[row]];
    const { first, last, absent } = world.bounds(row);
    if (last > day) {
      let read = readBefore(all[playlist], day + 1);
      while (read > first && !isSeen[playlist](track, read)) {
        read = readBefore(all[playlist], read);
      }
      known.lasted[index] = read - first;
      for (let later = day + 1; later <= last; later += 1) {
        known.days_seen[index] -= isSeen[playlist](track, later) ? 1 : 0;
      }
    }
    known.absent_after[index] = absent === null || absent > day ? null : absent - last;
  });
  return known;
}

/**
 * Whether a playlist is seen to hold a track on a day of a stay: it is read then, and the track is not behind an entry
 * that Spotify can't show.
 */
export function sightings(world, playlist) {
  const isRead = (day) => day < 0 || isUsable(playlist.outcomes[day]);
  if (!world.tracklists.hides(playlist.index)) {
    return (_, day) => isRead(day);
  }
  const held = new Map();
  return (track, day) => {
    if (!held.has(day)) {
      held.set(day, new Set(world.tracklists.on(playlist.index, day)?.tracks));
    }
    return isRead(day) && (day < 0 || held.get(day).has(track));
  };
}

function playlists({ playlists: columns, reasons, days }) {
  const { id, name, title, label, owner, watched, since, outcomes } = columns;
  const { followers, sizes, read_before, followers_before } = columns;
  const found = id.map((playlistId, index) => ({
    index,
    id: playlistId,
    name: name[index] ?? label[index] ?? playlistId,
    title: title[index], // the name, and what tells it from others of that name
    label: title[index] === name[index] ? label[index] : null,
    owner: owner[index],
    isWatched: watched[index],
    outcomes: (".".repeat(since[index]) + outcomes[index]).padEnd(days, "."),
    followers: summed(followers[index] ?? [], since[index], days), // of each day, null where unknown
    sizes: placed(sizes[index] ?? [], since[index], days), // tracks of each day, null where unknown
    readBefore: read_before[index], // the last read before the days of the page, or null
    followersBefore: followers_before[index], // the last number before these days, or null
    reasons: new Map(),
  }));
  reasons.reason.forEach((reason, row) => found[reasons.playlist[row]].reasons.set(reasons.day[row], reason));
  return found;
}

/** From differences to numbers. */
function summed(steps, since, days) {
  let last = 0;
  const known = Array(days).fill(null);
  steps.forEach((step, index) => {
    if (step !== null) {
      last += step;
      known[since + index] = last;
    }
  });
  return known;
}

/** Numbers from a day on, null on the other days. */
function placed(numbers, since, days) {
  const known = Array(days).fill(null);
  numbers.forEach((value, index) => (known[since + index] = value));
  return known;
}

/** From steps to values: 0 is no value, else 128 and the difference from the last one. */
function valuesOf(steps, days) {
  let last = 0;
  for (let cell = 0; cell < steps.length; cell += 1) {
    if (cell % days === 0) {
      last = 0;
    }
    if (steps[cell] === 0) {
      steps[cell] = NO_VALUE;
    } else {
      last += steps[cell] - 128;
      steps[cell] = last;
    }
  }
  return steps;
}

/** Row numbers by key: a function that gives those of one key, in their order. */
function grouped(keys, size) {
  const starts = new Uint32Array(size + 1);
  for (const key of keys) {
    starts[key + 1] += 1;
  }
  for (let key = 0; key < size; key += 1) {
    starts[key + 1] += starts[key];
  }
  const next = starts.slice();
  const rows = new Uint32Array(keys.length);
  keys.forEach((key, row) => {
    rows[next[key]] = row;
    next[key] += 1;
  });
  return (key) => rows.subarray(starts[key], starts[key + 1]);
}

/** Row numbers by each of several keys. */
function groupedAll(keys, size) {
  const rows = Array.from({ length: size }, () => []);
  keys.forEach((all, row) => all.forEach((key) => rows[key].push(row)));
  return (key) => rows[key];
}

export function lazily(make) {
  let made = null;
  return () => (made ??= make());
}

/** How well a playlist's days are known, those before its first request or import left out. */
export function cover(playlist) {
  const letters = Array.from(playlist.outcomes).filter((letter) => letter !== ".");
  const [observed, imported] = [letters.filter(isUsable).length, letters.filter((letter) => letter === "i").length];
  return { days: letters.length, observed, imported };
}

/** How a playlist that is not watched is known. */
export function unwatched(playlist) {
  const { observed, imported } = cover(playlist);
  return imported && imported === observed ? "imported" : "no longer watched";
}

/** Whether the first request or import of a playlist is of a day, or an earlier one. */
export function isBegun({ outcomes, readBefore: earlier }, day) {
  return earlier !== null || /[^.]/u.test(outcomes.slice(0, day + 1));
}

/** What is said of a day on which a playlist was neither requested nor imported. */
export function unasked(playlist, day) {
  return isBegun(playlist, day) ? "not observed" : "not watched yet";
}

/** The last day before `day` on which a playlist was read, or null. */
export function readBefore(playlist, day) {
  for (let before = day - 1; before >= 0; before -= 1) {
    if (isUsable(playlist.outcomes[before])) {
      return before;
    }
  }
  return playlist.readBefore;
}

export function lastRead(playlist) {
  return readBefore(playlist, playlist.outcomes.length);
}

/** The last day on which one of the playlists was read, or null. */
export function latestRead({ playlists: all }) {
  const reads = all.map(lastRead).filter((read) => read !== null);
  return reads.length ? Math.max(...reads) : null;
}

/** Whether a playlist was read on two days, so that changes could be seen. */
export function isReadTwice(playlist) {
  const last = lastRead(playlist);
  return last !== null && (last < 0 || readBefore(playlist, last) !== null);
}

/** The two reads of a playlist that show what changed from a day on, up to `last`; null if there are no such two. */
export function readsSince(playlist, first, last = playlist.outcomes.length - 1) {
  const to = readBefore(playlist, last + 1);
  const from = readBefore(playlist, first) ?? Array.from(playlist.outcomes).findIndex(isUsable);
  return to !== null && to >= first && from < to ? { from, to } : null;
}

/** What changed in a playlist, by the two reads between which it did: the last before, and the first that shows it. */
export function changesIn(playlist, stays) {
  const found = new Map();
  const note = (from, to, key) => {
    const change = found.get(`${from} ${to}`) ?? { from, to, added: 0, removed: 0 };
    change[key] += 1;
    found.set(`${from} ${to}`, change);
  };
  stays
    .filter(({ first, isOlder }) => !isOlder && first >= 0) // what was there when the watch began did not enter
    .forEach(({ first }) => note(readBefore(playlist, first) ?? first - 1, first, "added"));
  stays
    .filter(({ absent }) => absent !== null && absent >= 0)
    .forEach(({ last, absent }) => note(last, absent, "removed"));
  return [...found.values()].toSorted((one, other) => one.to - other.to || one.from - other.from);
}

/** Runs of days of one kind: [first, last, kind], for every kind but null. */
export function spans(days, kindOf) {
  const found = [];
  for (let day = 0; day < days.length; day += 1) {
    const kind = kindOf(days[day], day);
    const before = found.at(-1);
    if (before && before[1] === day - 1 && before[2] === kind) {
      before[1] = day;
    } else if (kind !== null) {
      found.push([day, day, kind]);
    }
  }
  return found;
}

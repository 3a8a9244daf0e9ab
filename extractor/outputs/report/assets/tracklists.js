// What playlists held, in order: each version is unpacked from the one before it.

/** Entries that are no tracks of the page. */
export const NO_TRACK = { "-1": "unavailable", "-2": "local file", "-3": "episode", "-4": "not in this page" };

const PLACE = 128; // the byte of an entry that kept its position

export class Tracklists {
  #versions;
  #entered;
  #places;
  #starts;
  #known = new Map();

  constructor(versions, entered, places, rowsOf) {
    this.#versions = versions;
    this.#entered = entered;
    this.#places = places;
    this.rowsOf = rowsOf;
  }

  /** The versions of a playlist, in order: {first, last, tracks}; negative tracks are those of NO_TRACK. */
  of(playlist) {
    if (!this.#known.has(playlist)) {
      this.#known.set(playlist, this.#unpacked(playlist));
    }
    return this.#known.get(playlist);
  }

  /** The version that a playlist is known to have had on a day; null if the day is before all or after the last one. */
  on(playlist, day) {
    return this.of(playlist).find(({ first, last }) => first <= day && day <= last) ?? null;
  }

  /** Whether a playlist ever had an entry that Spotify can't show: it may be a track that was there before. */
  hides(playlist) {
    const rows = this.rowsOf(playlist);
    const [first, end] = [rows[0], rows.at(-1) + 1].map((row) => this.#startsOf(row)[1]);
    return rows.length > 0 && this.#entered.slice(first, end).includes(-1);
  }

  /** The first positions (from 1) of the tracks of a version. */
  static positions({ tracks }) {
    const found = new Map();
    tracks.forEach((track, index) => track >= 0 && !found.has(track) && found.set(track, index + 1));
    return found;
  }

  #unpacked(playlist) {
    const { first, lasted, entries } = this.#versions;
    let before = [];
    return Array.from(this.rowsOf(playlist), (row) => {
      let [place, entered] = this.#startsOf(row);
      const tracks = new Int32Array(entries[row]);
      for (let index = 0; index < tracks.length; index += 1, place += 1) {
        const byte = this.#places[place];
        if (byte === 0) {
          tracks[index] = this.#entered[entered];
          entered += 1;
        } else {
          tracks[index] = before[index + byte - PLACE];
        }
      }
      before = tracks;
      return { first: first[row], last: first[row] + lasted[row], tracks };
    });
  }

  /** Where the bytes and the entered tracks of a version begin. */
  #startsOf(row) {
    this.#starts ??= this.#counted();
    return [this.#starts[0][row], this.#starts[1][row]];
  }

  #counted() {
    const { entries } = this.#versions;
    const [places, entered] = [new Uint32Array(entries.length), new Uint32Array(entries.length)];
    let [place, zero] = [0, 0];
    entries.forEach((size, row) => {
      places[row] = place;
      entered[row] = zero;
      for (const end = place + size; place < end; place += 1) {
        zero += this.#places[place] === 0 ? 1 : 0;
      }
    });
    return [places, entered];
  }
}

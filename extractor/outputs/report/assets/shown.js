// What an address asks for: a view, and its days. Dates are written out, so that a link shows the same tomorrow.

/** The views that are about something, by the key of the address that has its id. */
export const KINDS = { playlist: "playlist", track: "track", artist: "artist", compare: "playlist" };

/**
 * `kind` is the view, null for the overview, and `ids` has what it is about; an empty one is not chosen yet. `first`
 * and `last` are the days that it covers, `asOf` the day of which it tells what was so. `isFixed` says which of them
 * the address has, and `problems` say what is wrong with the others.
 */
export class Shown {
  constructor(calendar, hash) {
    const asked = new URLSearchParams(hash.slice(1));
    this.calendar = calendar;
    this.kind = Object.keys(KINDS).find((kind) => asked.has(kind)) ?? null;
    this.ids = this.kind ? asked.get(this.kind).split(",") : [];
    this.problems = [];
    let [from, to] = [this.#day(asked.get("from")), this.#day(asked.get("to"))];
    const asOf = this.#day(asked.get("as_of"));
    if (from !== null && to !== null && from > to) {
      this.problems.push(`${calendar.say(from)} is after ${calendar.say(to)}: the days between them are shown.`);
      [from, to] = [to, from];
    }
    this.isFixed = { from: from !== null, to: to !== null, asOf: asOf !== null };
    this.last = to ?? this.#newest;
    this.first = Math.min(from ?? 0, this.last);
    this.asOf = asOf ?? this.last;
  }

  get #newest() {
    return Math.max(0, this.calendar.days - 1);
  }

  /** The day of a date, null if there is none; for one outside the days of the page, the nearest of them. */
  #day(date) {
    if (date === null) {
      return null;
    }
    const day = this.calendar.day(date);
    if (Number.isNaN(day)) {
      this.problems.push(`“${date}” is no date: write it as ${this.calendar.iso(this.#newest)}.`);
      return null;
    }
    const nearest = Math.max(0, Math.min(this.#newest, day));
    if (day !== nearest) {
      const days = this.calendar.range(0, this.#newest);
      this.problems.push(`This page has no ${this.calendar.say(day)}, but ${days}: the nearest day is shown.`);
    }
    return nearest;
  }

  /** The address of another view with the days of this one, or of this view with other days (null: not fixed). */
  link({ kind = this.kind, ids = kind === this.kind ? this.ids : [], ...days } = {}) {
    const fixed = {
      from: this.isFixed.from ? this.first : null,
      to: this.isFixed.to ? this.last : null,
      asOf: this.isFixed.asOf && kind === this.kind ? this.asOf : null,
      ...days,
    };
    const parts = kind ? [`${kind}=${ids.map(encodeURIComponent).join(",")}`] : [];
    for (const [key, day] of [
      ["from", fixed.from],
      ["to", fixed.to],
      ["as_of", fixed.asOf],
    ]) {
      if (day !== null) {
        parts.push(`${key}=${this.calendar.iso(day)}`);
      }
    }
    return `#${parts.join("&")}`;
  }

  /** The address of this view with all its days fixed. */
  get permanent() {
    const hasDay = ["playlist", "compare"].includes(this.kind);
    return this.link({ from: this.first, to: this.last, asOf: hasDay ? this.asOf : null });
  }

  includes(day) {
    return this.first <= day && day <= this.last;
  }
}

// What an address asks for: a view, and its days. Dates are written out, so that a link shows the same tomorrow.

/** The views that are about something, by the key of the address that has its id. */
export const KINDS = { playlist: "playlist", track: "track", artist: "artist", compare: "playlist" };

/**
 * `kind` is the view, null for the overview, and `ids` has what it is about. `first` and `last` are the days that it
 * covers, `asOf` the day of which it tells what was so. `isFixed` says which of them the address has, and `problems`
 * are the dates that it has and the page has not.
 */
export class Shown {
  constructor(calendar, hash) {
    const asked = new URLSearchParams(hash.slice(1));
    this.calendar = calendar;
    this.kind = Object.keys(KINDS).find((kind) => asked.has(kind)) ?? null;
    this.ids = this.kind ? asked.get(this.kind).split(",") : [];
    this.problems = [];
    const [from, to, asOf] = ["from", "to", "as_of"].map((key) => this.#day(asked.get(key)));
    this.isFixed = { from: from !== null, to: to !== null, asOf: asOf !== null };
    const newest = Math.max(0, calendar.days - 1);
    this.last = to ?? newest;
    this.first = Math.min(from ?? 0, this.last);
    this.asOf = asOf ?? this.last;
  }

  /** The day of a date, null if there is none; one outside the days of the page is a problem, and the nearest one. */
  #day(date) {
    if (date === null) {
      return null;
    }
    const day = this.calendar.day(date);
    const nearest = Math.max(0, Math.min(this.calendar.days - 1, day));
    if (day !== nearest) {
      this.problems.push(date);
    }
    return Number.isNaN(day) ? null : nearest;
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
    return this.link({ from: this.first, to: this.last, asOf: this.kind === "playlist" ? this.asOf : null });
  }

  includes(day) {
    return this.first <= day && day <= this.last;
  }
}

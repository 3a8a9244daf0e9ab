// Numbers, days and names, as people read them.

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY = 86_400_000;
const NUMBER = new Intl.NumberFormat("en");

export function number(value) {
  return NUMBER.format(value);
}

/** With one decimal, as a mean; null stays null. */
export function decimal(value) {
  return value === null ? null : value.toFixed(1);
}

export function count(value, one, many = `${one}s`) {
  return `${number(value)} ${value === 1 ? one : many}`;
}

export function rounded(value, digits) {
  return value === null ? null : Math.round(value * 10 ** digits) / 10 ** digits;
}

/** A share as a percentage; null stays null. */
export function percent(share, digits = 1) {
  return share === null ? null : `${(share * 100).toFixed(digits)}%`;
}

export function signed(value) {
  return value > 0 ? `+${number(value)}` : `−${number(-value)}`;
}

/** Days are numbers from the first day of the page on; those before it are negative. */
export class Calendar {
  constructor(firstDay, days) {
    this.start = Date.parse(`${firstDay ?? "1970-01-01"}T00:00:00Z`);
    this.days = days;
  }

  date(day) {
    return new Date(this.start + day * DAY);
  }

  /** The day of a date, NaN if it is none. */
  day(date) {
    const time = /^\d{4}-\d\d-\d\d$/u.test(date) ? Date.parse(`${date}T00:00:00Z`) : NaN;
    const isDate = !Number.isNaN(time) && new Date(time).toISOString().startsWith(date);
    return isDate ? Math.round((time - this.start) / DAY) : NaN;
  }

  iso(day) {
    return this.date(day).toISOString().slice(0, 10);
  }

  week(day) {
    return Math.floor(this.date(day).getTime() / DAY / 7);
  }

  /** The Monday of the week of a day. */
  weekStart(day) {
    return day - ((this.date(day).getUTCDay() + 6) % 7);
  }

  month(day) {
    return MONTHS[this.date(day).getUTCMonth()];
  }

  say(day) {
    return `${this.short(day)} ${this.date(day).getUTCFullYear()}`;
  }

  short(day) {
    return `${this.date(day).getUTCDate()} ${this.month(day)}`;
  }

  /** A day with its year if that is not the year of the last day. */
  brief(day) {
    const isOfLastYear = this.date(day).getUTCFullYear() === this.date(this.days - 1).getUTCFullYear();
    return isOfLastYear ? this.short(day) : this.say(day);
  }

  /** When a change happened: after one read, and no later than the next. Brief, a day of the last year has no year. */
  change(before, day, { isBrief = false } = {}) {
    if (day - before > 1) {
      return this.between(before, day);
    }
    return isBrief ? this.brief(day) : this.say(day);
  }

  /** A date as exact as it is known: a day, a month or a year. */
  written(date) {
    const day = this.day(date.padEnd(10, "-01"));
    return { 4: date, 7: `${this.month(day)} ${date.slice(0, 4)}` }[date.length] ?? this.say(day);
  }

  /** Between two days, with their years if these differ, or with their year if it is not that of the last day. */
  between(first, last) {
    const [from, to] = [this.date(first), this.date(last)];
    if (from.getUTCFullYear() !== to.getUTCFullYear()) {
      return `between ${this.say(first)} and ${this.say(last)}`;
    }
    const same = from.getUTCMonth() === to.getUTCMonth();
    return `between ${same ? from.getUTCDate() : this.short(first)} and ${this.brief(last)}`;
  }

  range(first, last) {
    if (first === last) {
      return this.say(first);
    }
    const [from, to] = [this.date(first), this.date(last)];
    if (from.getUTCFullYear() !== to.getUTCFullYear()) {
      return `${this.say(first)} – ${this.say(last)}`;
    }
    const same = from.getUTCMonth() === to.getUTCMonth();
    return same ? `${from.getUTCDate()}–${this.say(last)}` : `${this.short(first)} – ${this.say(last)}`;
  }
}

/** For finding: lower case, without accents. */
export function plain(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

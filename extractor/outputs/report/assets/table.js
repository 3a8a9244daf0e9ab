// Tables that can be sorted, filtered, copied and saved as CSV. On a phone each row is a card.

import { PRINTED, cutShort, html, name, playlistLink, trackLink } from "./dom.js";
import { number, percent, plain, rounded } from "./words.js";

const FEW = 12; // rows below which a filter is of no use
const ORDER = new Intl.Collator("en");

/**
 * A table. `columns` are {title, of, show, number, isQuiet}: `of` gives the plain value of a row, by which it is
 * sorted, filtered and copied, and `show` the nodes of its cell if these differ; `title` is unique. The first column
 * names the row; a quiet one is not shown, but found, copied and saved. `sort` is [title, "ascending" |
 * "descending"], or null for the order of `rows`; `limit` is how many rows are shown at first; `sql` is a query that
 * gives the same from the published tables.
 */
export function dataTable({ caption, columns, rows, sort = null, limit = 25, sql = null, empty = "Nothing to show." }) {
  if (rows.length === 0) {
    return html("p", { class: "empty" }, empty);
  }
  return new DataTable({ caption, columns, rows, sort, limit, sql }).element;
}

class DataTable {
  constructor({ caption, columns, rows, sort, limit, sql }) {
    Object.assign(this, { caption, columns, rows, sort, limit, sql, most: limit, words: [] });
    Object.assign(this, { sorted: rows, sortedBy: null });
    this.visible = columns.filter(({ isQuiet }) => !isQuiet);
    this.body = html("tbody", { role: "rowgroup" });
    this.more = html("button", {
      type: "button",
      class: "more rest",
      click: () => this.#showAll(),
      print: () => this.#showUpTo(Math.max(this.most, PRINTED)),
    });
    this.status = html("p", { class: "quiet", role: "status" });
    this.heads = this.visible.map((column) => this.#head(column));
    this.element = html(
      "div",
      { class: "data" },
      this.#tools(),
      html(
        "table",
        { role: "table" },
        html("caption", { class: "quiet" }, caption),
        html("thead", { role: "rowgroup" }, html("tr", { role: "row" }, this.heads)),
        this.body,
      ),
      this.more,
      this.status,
    );
    this.#draw();
  }

  /** The rows in their order, those with all words of the filter. */
  #choose() {
    const { words, columns, rows } = this;
    if (this.sortedBy !== this.sort) {
      this.sorted = this.sort ? sortedBy(rows, columns, this.sort) : rows;
      this.sortedBy = this.sort;
    }
    if (words.length) {
      this.texts ??= new Map(rows.map((row) => [row, plain(columns.map(({ of }) => of(row) ?? "").join(" "))]));
    }
    const fits = (row) => words.every((word) => this.texts.get(row).includes(word));
    return words.length ? this.sorted.filter(fits) : this.sorted;
  }

  #draw() {
    const rows = this.#choose();
    this.chosen = rows;
    this.body.replaceChildren(...rows.slice(0, this.most).map((row) => this.#row(row)));
    this.more.hidden = rows.length <= this.most;
    this.more.textContent = `Show all ${number(rows.length)}`;
    this.more.dataset.cut = cutShort(this.more.textContent, this.most);
    this.heads.forEach((head, index) => {
      const isSorted = this.sort?.[0] === this.visible[index].title;
      head.setAttribute("aria-sort", isSorted ? this.sort[1] : "none");
    });
    if (this.order) {
      this.order.value = this.sort ? this.sort.join("\t") : "";
    }
  }

  #row(row) {
    return html(
      "tr",
      { role: "row" },
      this.visible.map(({ title, of, show, number: isNumber }, index) =>
        html(
          index ? "td" : "th",
          {
            role: index ? "cell" : "rowheader",
            scope: index ? null : "row",
            "data-title": title,
            class: isNumber ? "number" : null,
          },
          presented(show ? show(row) : of(row), isNumber),
        ),
      ),
    );
  }

  #head({ title, number: isNumber }) {
    return html(
      "th",
      { scope: "col", role: "columnheader", class: isNumber ? "number" : null },
      html("button", { type: "button", class: "sorts", click: () => this.#sortBy(title, isNumber) }, title),
    );
  }

  #sortBy(title, isNumber) {
    const [first, second] = isNumber ? ["descending", "ascending"] : ["ascending", "descending"];
    this.sort = [title, this.sort?.[0] === title && this.sort[1] === first ? second : first];
    this.#draw();
    this.#say(`Sorted by ${title}, ${this.sort[1]}`);
  }

  #showUpTo(most) {
    this.most = most;
    this.#draw();
  }

  #showAll() {
    const before = this.most;
    this.#showUpTo(Infinity);
    const row = this.body.rows[before];
    const first = row.querySelector("a") ?? row.cells[0];
    first.tabIndex = Math.max(-1, first.tabIndex);
    first.focus();
  }

  #tools() {
    const { caption, rows } = this;
    const tool = (text, about, click) => html("button", { type: "button", class: "tool", title: about, click }, text);
    return html(
      "div",
      { class: "tools" },
      rows.length > FEW ? this.#filter() : null,
      this.#orders(),
      tool("Copy", `Copy as text with tabs: ${caption}`, () => this.#copy()),
      tool("CSV", `Save as CSV: ${caption}`, () => save(`${slug(caption)}.csv`, this.text(",", quoted))),
      this.sql ? sqlOf(this.sql) : null,
    );
  }

  #filter() {
    return html("input", {
      type: "search",
      class: "filter",
      "aria-label": `Filter: ${this.caption}`,
      placeholder: "Filter",
      autocomplete: "off",
      spellcheck: "false",
      input: ({ target }) => {
        this.words = plain(target.value).split(/\s+/u).filter(Boolean);
        this.most = this.limit;
        this.#draw();
        this.#say(`${number(this.chosen.length)} of ${number(this.rows.length)} rows`);
      },
    });
  }

  /** The order as a choice, for cards that have no head to press. */
  #orders() {
    const choices = this.visible.flatMap(({ title, number: isNumber }) =>
      (isNumber ? ["descending", "ascending"] : ["ascending", "descending"]).map((way) => [title, way]),
    );
    this.order = html(
      "select",
      {
        class: "order",
        "aria-label": `Sort: ${this.caption}`,
        change: ({ target }) => {
          this.sort = target.value ? target.value.split("\t") : null;
          this.#draw();
        },
      },
      this.sort ? null : html("option", { value: "" }, "Sort by …"),
      choices.map(([title, way]) =>
        html("option", { value: `${title}\t${way}` }, `${title} ${way === "ascending" ? "↑" : "↓"}`),
      ),
    );
    return this.order;
  }

  async #copy() {
    await copyText(this.text("\t", (value) => safe(value.replace(/\s+/gu, " "))));
    this.#say(`Copied ${number(this.chosen.length)} rows`);
  }

  /** The chosen rows, all of them, as text. */
  text(separator, escaped) {
    const line = (values) => values.map((value) => escaped(value === null ? "" : String(value))).join(separator);
    const titles = line(this.columns.map(({ title }) => title));
    return [titles, ...this.chosen.map((row) => line(this.columns.map(({ of }) => of(row) ?? null)))].join("\r\n");
  }

  #say(text) {
    this.status.textContent = text;
  }
}

/** Rows by a column: null last, numbers by size, text without accents and case. */
function sortedBy(rows, columns, [title, direction]) {
  const { of } = columns.find((column) => column.title === title);
  const way = direction === "ascending" ? 1 : -1;
  const keys = rows.map((row) => {
    const value = of(row) ?? null;
    return { row, value: typeof value === "string" ? plain(value) : value };
  });
  return keys.toSorted((one, other) => compared(one.value, other.value, way)).map(({ row }) => row);
}

function compared(left, right, way) {
  if (left === null || right === null) {
    return (left === null) - (right === null);
  }
  return way * (typeof left === "number" ? left - right : ORDER.compare(left, right));
}

function presented(content, isNumber) {
  if (content === null || content === undefined) {
    return "–";
  }
  if (typeof content === "number") {
    return number(content);
  }
  return typeof content === "string" && !isNumber ? name(content) : content;
}

/** A text that a spreadsheet would take for a formula gets an apostrophe. */
function safe(value) {
  return /^[=+\-@\t\r]/u.test(value) && Number.isNaN(Number(value)) ? `'${value}` : value;
}

/** A value of CSV. */
function quoted(value) {
  const text = safe(value);
  return /[",\r\n]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function slug(text) {
  return plain(text).replace(/[^a-z0-9]+/gu, "-").replace(/^-|-$/gu, "");
}

function save(file, text) {
  const address = URL.createObjectURL(new Blob(["\uFEFF", text, "\r\n"], { type: "text/csv" }));
  html("a", { href: address, download: file }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Copying where the browser has no clipboard for a file: through a selection. */
function copyByHand(text) {
  const field = html("textarea", { class: "quiet", "aria-hidden": true }, text);
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}

export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copyByHand(text);
  }
}

/** The column of a track, linked. */
export function trackColumn(shown, title = "Track", trackOf = ({ track }) => track) {
  return { title, of: (row) => trackOf(row).title, show: (row) => trackLink(shown, trackOf(row)) };
}

/** The column of a playlist, linked. */
export function playlistColumn(shown, title = "Playlist", playlistOf = ({ playlist }) => playlist) {
  return { title, of: (row) => playlistOf(row).name, show: (row) => playlistLink(shown, playlistOf(row)) };
}

/** A column of days. */
export function dayColumn(calendar, title, dayOf) {
  const given = (format) => (row) => {
    const day = dayOf(row) ?? null;
    return day === null ? null : calendar[format](day);
  };
  return { title, number: true, of: given("iso"), show: given("say") };
}

/** A column of shares, which have four digits and are shown as percentages. */
export function shareColumn(title, shareOf, digits = 1) {
  const share = (row) => rounded(shareOf(row), 4);
  return { title, number: true, of: share, show: (row) => percent(share(row), digits) };
}

/** A day as SQL. */
export function sqlDay(calendar, day) {
  return `date '${calendar.iso(day)}'`;
}

/** A text as SQL. */
export function sqlText(text) {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Of a page without all playlists: the condition, after `word`, that a column has the id of one of its playlists. */
export function sqlAmongPlaylists({ isPartial, playlists }, column = "playlist_id", word = "    and") {
  return isPartial ? `\n${word} ${column} in (${playlists.map(({ id }) => sqlText(id)).join(", ")})` : "";
}

/** The same for a column with the id of a track. */
export function sqlAmongTracks(world, column) {
  return world.isPartial
    ? `
    and ${column} in (
        select track_id from tracks_in_playlist
        where coalesce(first_absent >= ${sqlDay(world.calendar, 0)}, true)${sqlAmongPlaylists(world)}
    )`
    : "";
}

/** A query of the published file as it was known at the end of the last day shown, as World.until. */
export function sqlUntil({ calendar, last }, sql) {
  if (last >= calendar.days - 1) {
    return sql;
  }
  const to = sqlDay(calendar, last);
  return `with playlist_days as (
    select * from playlist_days where date <= ${to}
),

seen as (
    select playlist_id, track_id, stay_number, max(date) as last_seen, count(distinct date) as days_seen
    from tracks_in_playlist as stays
    inner join tracklists as held using (playlist_id, track_id)
    inner join playlist_days as days using (playlist_id)
    where stays.last_seen > ${to} and outcome in ('complete', 'unchanged')
        and date >= stays.first_seen and date between held.first_day and held.last_day
    group by all
),

tracks_in_playlist as (
    select stays.* replace (
        coalesce(seen.last_seen, stays.last_seen) as last_seen,
        coalesce(seen.days_seen, stays.days_seen) as days_seen,
        case when stays.first_absent <= ${to} then stays.first_absent end as first_absent,
        coalesce(stays.first_absent <= ${to}, false) as is_ended,
        coalesce(stays.first_absent > ${to}, true) as is_current
    )
    from tracks_in_playlist as stays
    left join seen using (playlist_id, track_id, stay_number)
    where stays.first_seen <= ${to}
)${sql.startsWith("with ") ? `,\n\n${sql.slice("with ".length)}` : `\n\n${sql}`}`;
}

/** The query that gives the numbers beside it, to be opened. */
export function sqlOf(sql) {
  return html(
    "details",
    { class: "sql" },
    html("summary", {}, "SQL"),
    html("pre", { tabindex: 0 }, html("code", {}, sql)),
  );
}

// Elements. Text becomes text and never markup, whatever a name holds.

import { number } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";

/** The rows of a list that are printed. */
export const PRINTED = 300;

export function html(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      element.addEventListener(key, value);
    } else if (value !== null && value !== undefined && value !== false) {
      // An empty aria-… is ignored.
      element.setAttribute(key, value === true && !key.startsWith("aria-") ? "" : value);
    }
  }
  const shown = children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
  element.append(...shown);
  return element;
}

/** A name from Spotify, which may have either text direction and any length. */
export function name(text) {
  return html("bdi", {}, text);
}

/** A day in a table, on one line; null if it is not known. */
export function dated(calendar, day) {
  return day === null ? null : html("span", { class: "dated" }, calendar.say(day));
}

export function section(title, about, ...children) {
  return html(
    "section",
    {},
    typeof title === "string" ? html("h2", {}, title) : title,
    about ? html("p", { class: "about" }, about) : null,
    ...children,
  );
}

/** A title with something beside it. */
export function titled(title, beside) {
  return html("div", { class: "titled" }, html("h2", {}, title), beside);
}

/** Something to be opened, made when it is. */
export function folded(summary, make) {
  const details = html(
    "details",
    { toggle: () => details.open && details.childElementCount === 1 && details.append(make()) },
    html("summary", {}, summary),
  );
  return details;
}

/** The element that `render` returns for the available width; rendered again when that changes, or on a `fit` event. */
export function fitted(render) {
  let drawn = 0;
  const draw = (width) => {
    if (width > 0 && width !== drawn) {
      drawn = width;
      place.replaceChildren(...[render(width)].flat());
    }
  };
  const place = html("div", { class: "fitted", fit: ({ detail }) => draw(detail) });
  new ResizeObserver(() => draw(Math.floor(place.clientWidth))).observe(place);
  return place;
}

/** A list of which the first `few` are shown, and the others once they are asked for. */
export function few(nodes, limit, what) {
  const list = html("ol", { class: "rows" }, nodes(0, limit));
  let shown = limit;
  const show = (to) => {
    const added = nodes(shown, to);
    list.append(...added);
    shown = to;
    button.dataset.cut = cutShort(what, shown);
    if (nodes(shown, shown + 1).length === 0) {
      button.remove();
    }
    return added;
  };
  const button = html(
    "button",
    {
      type: "button",
      class: "rest",
      "data-cut": cutShort(what, limit),
      click: () => show(Infinity)[0]?.querySelector("a")?.focus(),
      print: () => show(PRINTED),
    },
    what,
  );
  return what ? [list, button] : [list];
}

/** What is printed in place of a button that shows all. */
export function cutShort(what, shown) {
  return what?.replace("Show all", `The first ${number(shown)} of`);
}

/** Links to the views of a playlist, a track and an artist, with the days that are shown. */
export function playlistLink(shown, { id, title, label }) {
  return html(
    "a",
    { href: shown.link({ kind: "playlist", ids: [id] }), title: label ? `${title}\n${label}` : title },
    name(title),
    label ? [" ", html("small", {}, name(label))] : null,
  );
}

export function trackLink(shown, { id, title, artists }) {
  return html(
    "a",
    { class: "track", href: shown.link({ kind: "track", ids: [id] }), title: `${title}\n${artists}` },
    name(title),
    " ",
    html("small", {}, name(artists)),
  );
}

export function artistLink(shown, { id, title }) {
  return html("a", { href: shown.link({ kind: "artist", ids: [id] }), title }, name(title));
}

/** A way out of the page, to what it tells of; null for an imported chart, which Spotify has no page of. */
export function spotifyLink(kind, id) {
  if (id.includes(":")) {
    return null;
  }
  return html(
    "a",
    { class: "out", href: `https://open.spotify.com/${kind}/${encodeURIComponent(id)}`, rel: "noopener noreferrer" },
    "Open in Spotify",
  );
}

/** Numbers with their cover under them: [key, what, number or null, cover]. */
export function facts(entries) {
  return html(
    "dl",
    { class: "facts" },
    entries.map(([key, what, value, about]) =>
      html(
        "div",
        {},
        html("dt", {}, what),
        html("dd", { class: "value", "data-fact": key }, value === null ? "–" : number(value)),
        html("dd", { class: "cover" }, about),
      ),
    ),
  );
}

// Finding a playlist, a track or an artist by its name, its artists, its label, its id or its link.

import { html, name } from "./dom.js";
import { plain } from "./words.js";
import { cover, lazily } from "./world.js";

const MOST = 30;

export function search(world, go) {
  const input = document.getElementById("search");
  const found = document.getElementById("found");
  const index = lazily(() => entries(world));
  let active = -1;

  const options = () => [...found.querySelectorAll("[role=option]")];
  const close = () => {
    found.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const open = () => {
    const groups = matching(index(), input.value);
    found.replaceChildren(
      ...groups.map(group),
      ...(groups.length ? [] : [html("p", { class: "empty" }, "Nothing has that name.")]),
    );
    found.hidden = false;
    input.setAttribute("aria-expanded", "true");
    move(input.value.trim() ? 0 : -1);
  };
  const move = (to) => {
    const all = options();
    active = all.length ? Math.max(-1, Math.min(all.length - 1, to)) : -1;
    all.forEach((option, place) => option.setAttribute("aria-selected", String(place === active)));
    if (active < 0) {
      input.removeAttribute("aria-activedescendant");
    } else {
      input.setAttribute("aria-activedescendant", all[active].id);
      all[active].scrollIntoView({ block: "nearest" });
    }
  };
  const choose = (option) => {
    input.value = "";
    close();
    input.blur();
    go(option.dataset.go);
  };

  const keys = {
    ArrowDown: () => (found.hidden ? open() : move(active + 1)),
    ArrowUp: () => move(active - 1),
    PageDown: () => move(active + 8),
    PageUp: () => move(Math.max(0, active - 8)),
    Enter: () => active >= 0 && choose(options()[active]),
    Escape: () => (found.hidden ? input.blur() : close()),
  };
  input.addEventListener("input", open);
  input.addEventListener("focus", open);
  input.addEventListener("click", () => found.hidden && open());
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key in keys) {
      event.preventDefault();
      keys[event.key]();
    }
  });
  found.addEventListener("pointerdown", (event) => event.preventDefault());
  found.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) {
      choose(option);
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.target.closest("input, select, textarea")) {
      event.preventDefault();
      input.focus();
    }
  });
}

function entries(world) {
  const playlists = world.playlists.map((playlist) => {
    const { days, observed } = cover(playlist);
    return {
      key: plain(`${playlist.title} ${playlist.label ?? ""} `) + playlist.id,
      go: `#playlist=${encodeURIComponent(playlist.id)}`,
      title: playlist.title,
      about: playlist.label,
      note: `${observed}/${days} days`,
    };
  });
  const tracks = world.tracks.id.map((id, index) => {
    const { title, artists } = world.track(index);
    return {
      key: plain(`${title} ${artists} `) + id,
      go: `#track=${encodeURIComponent(id)}`,
      title,
      about: artists,
      note: "",
    };
  });
  const artists = world.artists.id.map((id, index) => ({
    key: plain(`${world.artist(index).title} `) + id,
    go: `#artist=${encodeURIComponent(id)}`,
    title: world.artist(index).title,
    note: "",
  }));
  return [
    ["Playlists", playlists],
    ["Artists", artists],
    ["Tracks", tracks],
  ];
}

/** Entries with every word of the question; names that begin with it first. Every playlist, if nothing is asked. */
function matching(groups, question) {
  const id = question.match(/(?:playlist|track|artist)[/:](?<id>[A-Za-z0-9]+)/u)?.groups.id;
  const asked = plain(question).trim();
  const words = id ? [id] : asked.split(/\s+/u);
  const fits = ({ key }) => words.every((word) => key.includes(word)) || key.endsWith(` ${question.trim()}`);
  return groups
    .map(([title, all]) => {
      if (!asked) {
        return [title, title === "Playlists" ? all : []];
      }
      const fitting = all.filter(fits);
      const begins = ({ key }) => key.startsWith(asked);
      return [title, [...fitting.filter(begins), ...fitting.filter((one) => !begins(one))].slice(0, MOST)];
    })
    .filter(([, all]) => all.length);
}

function group([title, all]) {
  return html(
    "div",
    { role: "group", "aria-label": title },
    html("div", { class: "group", "aria-hidden": "true" }, title),
    all.map(({ go, title: text, about, note }) =>
      html(
        "div",
        { role: "option", id: `option-${go.slice(1)}`, "data-go": go },
        html("span", { class: "what" }, name(text), about ? html("small", {}, name(about)) : null),
        html("span", { class: "note" }, note),
      ),
    ),
  );
}

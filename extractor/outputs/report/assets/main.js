// Which view is shown: the part of the address after `#` says it, so that a view can be linked, and back works.

import { html } from "./dom.js";
import { overview } from "./overview.js";
import { playlistView } from "./playlist.js";
import { search } from "./search.js";
import { trackView } from "./track.js";
import { count } from "./words.js";
import { readWorld } from "./world.js";
import { tell } from "./charts.js";

const main = document.getElementById("content");
const scrolled = new Map();
let shown = null;
let following = false; // a link to the same view with other days

function view(world, hash) {
  const asked = new URLSearchParams(hash.slice(1));
  const kind = ["list", "track"].find((one) => asked.has(one));
  const id = asked.get(kind);
  const days = Number(asked.get("days"));
  world.from = days > 0 && days < world.days ? world.days - days : 0;
  const list = kind === "list" ? world.playlists[world.playlistNumbers.get(id)] : undefined;
  const track = kind === "track" && world.trackNumbers.has(id) ? world.track(world.trackNumbers.get(id)) : undefined;
  if (list) {
    return [list.title, playlistView(world, list)];
  }
  if (track) {
    return [track.title, trackView(world, track)];
  }
  if (kind) {
    return [
      "Not in this page",
      [notice("Not in this page", `No ${kind === "list" ? "playlist" : "track"} with the id ${id} is in it.`)],
    ];
  }
  return [null, world.days ? overview(world) : [nothingYet()]];
}

function notice(title, ...text) {
  return html("div", { class: "headline" }, html("h1", { tabindex: -1 }, title), html("p", { class: "lead" }, text));
}

function nothingYet() {
  return notice(
    "Nothing has been read yet",
    "The published database has no day in it. Name playlists in ",
    html("code", {}, "seeds/playlists.csv"),
    ", run ",
    html("code", {}, "./run.sh"),
    ", then ",
    html("code", {}, "./run.sh report"),
    " again. ",
    html("code", {}, "./run.sh demo"),
    " makes a report of invented music, without an account.",
  );
}

function show(world) {
  const first = shown === null;
  if (!first) {
    scrolled.set(shown, window.scrollY);
  }
  shown = location.hash || "#";
  const [title, nodes] = view(world, shown);
  tell(null);
  main.replaceChildren(...nodes.filter(Boolean));
  document.title = title ? `${title} · Track history` : "Track history";
  if (!first) {
    const link = following && main.querySelector(`[href="${CSS.escape(shown)}"][data-stays]`);
    (link || main.querySelector("h1")).focus({ preventScroll: true });
    // Charts have their height once they know their width, in the next frame.
    requestAnimationFrame(() => requestAnimationFrame(() => window.scrollTo(0, scrolled.get(shown) ?? 0)));
  }
}

function footer(world) {
  const last = world.days ? ` The last day is ${world.calendar.say(world.lastDay)} (UTC).` : "";
  document
    .querySelector("footer")
    .replaceChildren(
      html(
        "p",
        {},
        `Made from the published database: ${count(world.playlists.length, "playlist")}, ` +
          `${count(world.tracks.id.length, "track")}, ` +
          `${count(world.stays.track.length, "stay")}.${last} Nothing here asks the network.`,
      ),
    );
}

async function start() {
  const world = await readWorld();
  document.querySelector("[data-skip]").addEventListener("click", (event) => {
    event.preventDefault();
    main.focus();
  });
  // Following a link begins at the top; going back does not.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (link) {
      following = "stays" in link.dataset;
      scrolled.set(link.getAttribute("href"), following ? window.scrollY : 0);
    }
  });
  document.addEventListener("pointerdown", () => tell(null), { capture: true });
  window.addEventListener("scroll", () => tell(null), { passive: true });
  window.addEventListener("hashchange", () => show(world));
  search(world, (hash) => {
    scrolled.set(hash, 0);
    location.hash = hash;
  });
  footer(world);
  show(world);
}

start().catch((error) => {
  main.replaceChildren(
    notice("This page can’t be opened here", `A browser of 2024 or newer is needed. (${error.message})`),
  );
  throw error;
});

// Which view is shown: the part of the address after `#` says it, so that a view can be linked, and back works.

import { artistView } from "./artist.js";
import { tell } from "./charts.js";
import { compareView } from "./compare.js";
import { html } from "./dom.js";
import { overview } from "./overview.js";
import { playlistView } from "./playlist.js";
import { search } from "./search.js";
import { KINDS, Shown } from "./shown.js";
import { trackView } from "./track.js";
import { count } from "./words.js";
import { readWorld } from "./world.js";

const main = document.getElementById("content");
const scrolled = new Map();
let last = null; // the address that is shown
let following = false; // a link to the same view with other days

/** The title and the content of a view. */
function view(world, shown) {
  if (!shown.kind) {
    return [null, world.days ? overview(world, shown) : [nothingYet()]];
  }
  const about = KINDS[shown.kind];
  const found = shown.ids.map((id) => world.find(about, id));
  const missing = shown.ids.find((_, place) => !found[place]);
  if (missing !== undefined || (shown.kind === "compare") !== (found.length === 2)) {
    return ["Not in this page", [notice("Not in this page", notInPage(world, about, missing))]];
  }
  const views = { playlist: playlistView, track: trackView, artist: artistView, compare: compareView };
  return [found.map(({ title }) => title).join(" and "), views[shown.kind](world, shown, ...found)];
}

function notInPage({ days, daysKnown }, about, id) {
  const less = daysKnown > days ? " It shows the last days only." : "";
  return id === undefined ? "Two playlists can be compared." : `No ${about} with the id ${id} is in it.${less}`;
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
  const first = last === null;
  if (!first) {
    scrolled.set(last, window.scrollY);
  }
  last = location.hash || "#";
  const shown = new Shown(world.calendar, last);
  const [title, nodes] = view(world, shown);
  tell(null);
  main.replaceChildren(...[wrongDates(world, shown), ...nodes].filter(Boolean));
  document.querySelector(".brand").href = shown.link({ kind: null });
  document.title = title ? `${title} · Track history` : "Track history";
  if (!first) {
    const link = following && main.querySelector(`[href="${CSS.escape(last)}"][data-stays]`);
    (link || main.querySelector("h1")).focus({ preventScroll: true });
    // Charts have their height once they know their width, in the next frame.
    requestAnimationFrame(() => requestAnimationFrame(() => window.scrollTo(0, scrolled.get(last) ?? 0)));
  }
}

function wrongDates({ calendar, days }, { problems }) {
  return problems.length
    ? html(
        "p",
        { class: "notice", role: "alert" },
        `This page has no day ${problems.join(", ")}: its days are ${calendar.range(0, days - 1)}. The nearest is shown.`,
      )
    : null;
}

/** What the page is of, at its top. */
function state({ calendar, days, lastDay, publishedAt }) {
  const time = publishedAt.toISOString();
  const isLater = days && time.slice(0, 10) !== calendar.iso(lastDay);
  const published = `published ${isLater ? `${calendar.short(calendar.day(time.slice(0, 10)))} ` : ""}${time.slice(11, 16)} UTC`;
  document.querySelector(".state").textContent = days ? `Data as of ${calendar.short(lastDay)}, ${published}` : published;
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
  state(world);
  footer(world);
  show(world);
}

start().catch((error) => {
  main.replaceChildren(
    notice("This page can’t be opened here", `A browser of 2024 or newer is needed. (${error.message})`),
  );
  throw error;
});

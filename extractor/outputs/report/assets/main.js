// Which view is shown: the part of the address after `#` says it, so that a view can be linked, and back works.

import { artistView } from "./artist.js";
import { tell } from "./charts.js";
import { compareView } from "./compare.js";
import { html } from "./dom.js";
import { overview } from "./overview.js";
import { playlistView } from "./playlist.js";
import { search } from "./search.js";
import { KINDS, Shown } from "./shown.js";
import { copyText } from "./table.js";
import { trackView } from "./track.js";
import { count, number } from "./words.js";
import { readWorld } from "./world.js";

const main = document.getElementById("content");
const PAPER = 680; // pixels of a page's width, inside its margins
const scrolled = new Map();
let last = null; // the address that is shown
let current = null; // what it asks for
let following = false; // a link to the same view with other days

/** The title and the content of a view. */
function view(all, shown) {
  const world = shown.isFixed.to ? all.until(shown.last) : all;
  if (!shown.kind) {
    return [null, world.days ? overview(world, shown) : [nothingYet()]];
  }
  const about = KINDS[shown.kind];
  const found = shown.ids.map((id) => world.find(about, id));
  const missing = shown.ids.find((id, place) => !found[place] && (id || shown.kind !== "compare"));
  if (missing !== undefined || shown.ids.length > (shown.kind === "compare" ? 2 : 1)) {
    return ["Not in this page", [notice("Not in this page", notInPage(world, about, missing ?? shown.ids.join(",")))]];
  }
  const views = { playlist: playlistView, track: trackView, artist: artistView, compare: compareView };
  const title = found.every(Boolean) ? found.map((one) => one.title).join(" and ") : "Compare two playlists";
  return [title, views[shown.kind](world, shown, ...found)];
}

function notInPage(world, about, id) {
  const part = excerpt(world);
  return `No ${about} with the id ${id} is in it.${part ? ` It is an excerpt: ${part}.` : ""}`;
}

/** What a page that leaves something out is of, else null. */
function excerpt({ days, daysKnown, playlists, playlistsKnown }) {
  const parts = [
    playlistsKnown > playlists.length ? `${number(playlists.length)} of ${count(playlistsKnown, "playlist")}` : null,
    daysKnown > days ? `the last ${number(days)} of ${count(daysKnown, "day")}` : null,
  ].filter(Boolean);
  return parts.length ? parts.join(", ") : null;
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
  current = shown;
  const [title, nodes] = view(world, shown);
  tell(null);
  main.replaceChildren(...[wrongDates(shown), ...nodes].filter(Boolean));
  document.querySelector(".brand").href = shown.link({ kind: null });
  document.title = title ? `${title} · Track history` : "Track history";
  if (!first) {
    const link = following && main.querySelector(`[href="${CSS.escape(last)}"][data-stays]`);
    (link || main.querySelector("h1")).focus({ preventScroll: true });
    // Charts have their height once they know their width, in the next frame.
    requestAnimationFrame(() => requestAnimationFrame(() => window.scrollTo(0, scrolled.get(last) ?? 0)));
  }
}

function wrongDates({ problems }) {
  return problems.length
    ? html("div", { class: "notice", role: "alert" }, problems.map((problem) => html("p", {}, problem)))
    : null;
}

/** What the page is of, at its top, and a way to keep it: `permanent` gives the address of what is shown. */
function state(world, permanent) {
  const { calendar, days, lastRead, publishedAt } = world;
  const [day, time] = publishedAt.toISOString().split(/[T.]/u);
  const isLater = days && day !== lastRead;
  const when = `${isLater ? `${calendar.brief(calendar.day(day))} ` : ""}${time.slice(0, 5)} UTC`;
  const published = `${lastRead ? "published" : "Published"} ${when}`;
  const year = lastRead && html("span", { class: "printed" }, ` ${lastRead.slice(0, 4)}`);
  const part = excerpt(world);
  const copied = html("span", { class: "copied", role: "status" });
  const copy = async () => {
    await copyText(location.href.split("#")[0] + permanent());
    copied.textContent = "Copied";
    setTimeout(() => (copied.textContent = ""), 3000);
  };
  document
    .querySelector(".state")
    .replaceChildren(
      html("p", {}, lastRead ? [`Data as of ${calendar.short(calendar.day(lastRead))}`, year, ", "] : null, published),
      ...(part ? [html("p", {}, `Excerpt: ${part}`)] : []),
      ...(days
        ? [html("button", { type: "button", class: "tool", click: copy }, "Copy link to these days"), copied]
        : []),
    );
}

function footer(world) {
  const end = world.days ? ` The last day is ${world.calendar.say(world.lastDay)} (UTC).` : "";
  document
    .querySelector("footer")
    .replaceChildren(
      html(
        "p",
        {},
        `Made from the published database: ${count(world.playlists.length, "playlist")}, ` +
          `${count(world.tracks.id.length, "track")}, ` +
          `${count(world.stays.track.length, "stay")}.${end} Nothing here asks the network. `,
        world.playlists.length > 1 ? html("a", { href: "#compare=" }, "Compare two playlists") : null,
      ),
    );
}

/**
 * Charts are drawn for the width of a page of paper while it is printed, and for the window's again. Of lists that are
 * cut short more rows are printed.
 */
function fitPaper() {
  const fit = (widthOf) =>
    document.querySelectorAll(".fitted").forEach((place) => {
      place.dispatchEvent(new CustomEvent("fit", { detail: Math.floor(widthOf(place.clientWidth)) }));
    });
  window.addEventListener("beforeprint", () => {
    const share = Math.min(1, PAPER / main.lastElementChild.clientWidth);
    fit((width) => width * share);
    document.querySelectorAll(".rest").forEach((button) => button.dispatchEvent(new Event("print")));
  });
  window.addEventListener("afterprint", () => fit((width) => width));
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
  window.addEventListener("keydown", ({ key }) => key === "Escape" && tell(null));
  window.addEventListener("hashchange", () => show(world));
  search(world, (hash) => {
    scrolled.set(hash, 0);
    location.hash = hash;
  });
  state(world, () => current.permanent);
  footer(world);
  fitPaper();
  show(world);
}

start().catch((error) => {
  main.replaceChildren(
    notice("This page can’t be opened here", `A browser of 2024 or newer is needed. (${error.message})`),
  );
  throw error;
});

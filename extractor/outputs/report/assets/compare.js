// Two playlists side by side.

import { html, name } from "./dom.js";

export function compareView(world, shown, one, other) {
  return [html("div", { class: "headline" }, html("p", { class: "eyebrow" }, "Compare"), html("h1", { tabindex: -1 }, name(one.title), " and ", name(other.title)))];
}

// An artist: the tracks in the playlists.

import { html, name } from "./dom.js";

export function artistView(world, shown, artist) {
  return [html("div", { class: "headline" }, html("p", { class: "eyebrow" }, "Artist"), html("h1", { tabindex: -1 }, name(artist.title)))];
}

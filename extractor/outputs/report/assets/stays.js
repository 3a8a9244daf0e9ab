// The stays of a playlist's tracks as bars, in an order that can be chosen.

import { few, fitted, html, section, titled, trackLink } from "./dom.js";
import { row, timeline } from "./charts.js";
import { barLegend, bars } from "./gantt.js";
import { popularities } from "./metrics.js";
import { readOn } from "./tracklist.js";
import { Tracklists } from "./tracklists.js";
import { count, plain } from "./words.js";

const ROWS = 30;

/** Orders by number, least first; what has none is last. */
const ORDERS = {
  "last changed": ({ stays }) => -lastChange(stays.at(-1)),
  "first added": ({ stays }) => stays[0].added,
  "longest there": ({ days }) => -days,
  position: ({ position }) => position,
  popularity: ({ popularity }) => popularity && -popularity,
  name: null,
};

export function staysSection(world, shown, playlist, stays) {
  const lines = linesOf(world, shown, playlist, stays);
  let order = "last changed";
  let draw = () => null;
  const chart = fitted((width) => {
    draw = () => drawn(world, shown, playlist, sorted(lines, order), width);
    return draw();
  });
  const choose = ({ target }) => {
    order = target.value;
    chart.replaceChildren(draw());
  };
  const choice = html(
    "select",
    { change: choose },
    Object.keys(ORDERS).map((key) => html("option", { value: key }, key)),
  );
  return section(
    titled("Stays", html("label", { class: "day-field" }, "sorted by", choice)),
    "Beside each track: the days on which it was seen.",
    barLegend(),
    lines.length ? chart : html("p", { class: "empty" }, noStays(world, playlist, shown)),
  );
}

/** The tracks that were in the playlist in the days shown: {track, stays, days, position, popularity}. */
function linesOf(world, shown, playlist, stays) {
  const read = readOn(playlist, shown.asOf);
  const version = read === null ? null : world.tracklists.on(playlist.index, read);
  const positions = version ? Tracklists.positions(version) : new Map();
  const begun = stays.filter(({ first }) => first <= shown.last);
  return [...Map.groupBy(begun, ({ track }) => track)]
    .filter(([, ofTrack]) => ofTrack.at(-1).last >= shown.first)
    .map(([track, ofTrack]) => ({
      track: world.track(track),
      stays: ofTrack,
      days: ofTrack.reduce((sum, { daysSeen }) => sum + daysSeen, 0),
      position: positions.get(track) ?? null,
      popularity: popularities(world, track).findLast((value, day) => value !== null && day <= shown.last) ?? null,
    }));
}

function sorted(lines, order) {
  const number = ORDERS[order];
  const byName = (one, other) =>
    plain(one.track.title).localeCompare(plain(other.track.title), "en") || one.track.index - other.track.index;
  return lines.toSorted((one, other) => {
    const [left, right] = number ? [number(one), number(other)] : [0, 0];
    return left === right ? byName(one, other) : left === null ? 1 : right === null ? -1 : left - right;
  });
}

/** The last day on which a track was added or removed; what was always there never was. */
function lastChange({ first, absent, isOlder }) {
  return absent ?? (isOlder ? -1 : first);
}

function drawn(world, shown, playlist, lines, width) {
  const rows = (across) => (from, to) =>
    lines.slice(from, to).map(({ track, stays, days }) =>
      row({
        label: trackLink(shown, track),
        plot: bars(world, playlist, stays, across, track.title),
        note: html("span", { title: "days on which it was seen" }, count(days, "day")),
      }),
    );
  const rest = lines.length > ROWS ? `Show all ${count(lines.length, "track")}` : null;
  return timeline(world, shown, width, (across) => few(rows(across), ROWS, rest));
}

function noStays({ calendar }, playlist, shown) {
  const read = readOn(playlist, shown.last);
  return read !== null && read < shown.first
    ? `It was last read on ${calendar.say(read)}, before the days shown here.`
    : "It was not read in these days, or held no track.";
}

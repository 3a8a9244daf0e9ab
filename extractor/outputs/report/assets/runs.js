// The last runs, as they said themselves how they went.

import { html, section, table } from "./dom.js";
import { number } from "./words.js";

const EXITS = { 0: "all read", 2: "refused", 3: "some not read", 75: "stopped by the quota" };

export function runsSection({ runs }) {
  if (runs.day.length === 0) {
    return section("Runs", null, html("p", { class: "empty" }, "No run is known."));
  }
  const several = new Set(runs.worker).size > 1;
  const rows = runs.day.map((day, run) => [
    several ? `${day} · worker ${runs.worker[run]}` : day,
    result(runs.exit_code[run]),
    part(runs.playlists_answered[run], runs.playlists_asked[run]),
    part(runs.tracks_answered[run], runs.tracks_asked[run]),
    requests(runs.requests[run]),
    lasted(runs.seconds[run]),
  ]);
  return section(
    "Last runs",
    null,
    html(
      "div",
      { class: "runs" },
      table(
        "The last runs, newest first",
        [
          "For the day",
          "Result",
          ...["playlists", "tracks", "requests", "took"].map((title) => ({ title, number: true })),
        ],
        rows,
        { quiet: true },
      ),
    ),
  );
}

function result(exitCode) {
  const text = exitCode === null ? "killed" : (EXITS[exitCode] ?? `exit code ${exitCode}`);
  return html("span", { class: exitCode === 0 ? "good" : "bad" }, text);
}

function part(answered, asked) {
  return asked === null ? "–" : `${number(answered ?? 0)} of ${number(asked)}`;
}

function requests(counts) {
  return counts ? number(Object.values(JSON.parse(counts)).reduce((sum, one) => sum + one, 0)) : "–";
}

function lasted(seconds) {
  if (seconds === null) {
    return "–";
  }
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

// The runs that did not read everything, by their own account.

import { html, section } from "./dom.js";
import { dataTable, sqlDay } from "./table.js";
import { number } from "./words.js";

const MOST = 50;
const EXITS = { 2: "refused", 3: "some not read", 75: "stopped by the quota" };

export function runsSection({ runs, calendar, knownTo, isPast }) {
  const known = Array.from(runs.day.keys()).filter((run) => runs.day[run] <= calendar.iso(knownTo));
  const rows = known.slice(0, MOST); // the newest are first
  if (rows.length === 0) {
    return null;
  }
  const until = isPast ? ` and date <= ${sqlDay(calendar, knownTo)}` : "";
  const several = new Set(rows.map((run) => runs.worker[run])).size > 1;
  const sum = (counts) => (counts ? Object.values(JSON.parse(counts)).reduce((total, one) => total + one, 0) : null);
  const column = (title, of, show = null) => ({ title, of, show, number: true });
  const part = (title, what) =>
    column(
      title,
      (run) => runs[`${what}_answered`][run],
      (run) => answered(runs[`${what}_answered`][run], runs[`${what}_asked`][run]),
    );
  return section(
    "Runs that did not read everything",
    `The last ${MOST} at most. What they left unread proves nothing; see Coverage.`,
    dataTable({
      caption: "Runs that did not read everything",
      columns: [
        { title: "Day", of: (run) => runs.day[run] },
        several ? { title: "Worker", of: (run) => runs.worker[run] } : null,
        {
          title: "Result",
          of: (run) => result(runs.exit_code[run]),
          show: (run) => html("span", { class: "bad" }, result(runs.exit_code[run])),
        },
        part("Playlists", "playlists"),
        part("Tracks", "tracks"),
        column("Requests", (run) => sum(runs.requests[run])),
        column("Duration", (run) => runs.seconds[run], (run) => lasted(runs.seconds[run])),
      ].filter(Boolean),
      rows,
      limit: 10,
      sql: `select
    date, worker, exit_code, playlists_answered, playlists_asked, tracks_answered, tracks_asked, requests,
    ended_at - started_at as took
from runs
where kind = 'read' and date >= ${sqlDay(calendar, 0)} and exit_code is distinct from 0${until}
order by date desc, started_at desc, run_id
limit ${MOST}`,
    }),
  );
}

function result(exitCode) {
  return exitCode === null ? "killed" : (EXITS[exitCode] ?? `exit code ${exitCode}`);
}

function answered(some, asked) {
  return asked === null ? null : `${number(some ?? 0)} of ${number(asked)}`;
}

function lasted(seconds) {
  if (seconds === null) {
    return null;
  }
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

// How popular a track was before, during and after each of its stays.

import { section } from "./dom.js";
import { popularityAround } from "./metrics.js";
import { staysQuery } from "./positions.js";
import { dataTable, dayColumn, playlistColumn, sqlDay, sqlText } from "./table.js";
import { count } from "./words.js";

const WINDOW = 14;

export function aroundSection(world, shown, track, stays) {
  const { calendar } = world;
  const rows = stays
    .map((stay) => ({ ...stay, ...popularityAround(world, stay, WINDOW, shown.last) }))
    .toSorted((one, other) => other.first - one.first || one.playlist.index - other.playlist.index);
  if (rows.length === 0) {
    return null;
  }
  const mean = (title, period) => ({
    title,
    of: (row) => row[period]?.mean ?? null,
    show: (row) => row[period]?.mean?.toFixed(1) ?? null,
    number: true,
  });
  const days = (title, period, hasExpected = true) => ({
    title,
    of: (row) => row[period]?.known ?? null,
    show: (row) => covered(row[period], hasExpected),
    number: true,
  });
  return section(
    "Before, during and after each stay",
    `Mean popularity in the ${WINDOW} days before it was added, while it was there, and in the ${WINDOW} days after ` +
      "it was last seen, with the days that have a value of those on which a run took place. Before an addition " +
      "only tracks that another playlist held have values. Values of 0 count, as in the function " +
      "popularity_around_stays: Spotify also says 0 where it has none. A difference is no proof of a cause.",
    dataTable({
      caption: "Popularity around each stay",
      columns: [
        playlistColumn(shown, "playlist"),
        dayColumn(calendar, "added", ({ added }) => added),
        dayColumn(calendar, "last seen", ({ last }) => last),
        mean("before", "before"),
        days("days before", "before"),
        mean("during", "during"),
        days("days during", "during", false),
        mean("after", "after"),
        days("days after", "after"),
      ],
      rows,
      sql: query(world, shown, track),
    }),
  );
}

function covered(period, hasExpected) {
  if (!period || (hasExpected && period.expected === 0)) {
    return null;
  }
  return hasExpected ? `${period.known} of ${period.expected}` : count(period.known, "day");
}

function query(world, shown, track) {
  const to = `date '${shown.calendar.iso(shown.last)}'`;
  const around = {
    before: `between stays.added_at - ${WINDOW} and stays.added_at - 1`,
    during: "between stays.added_at and stays.last_seen",
    after: `between stays.last_seen + 1 and stays.last_seen + ${WINDOW} and stays.first_absent is not null`,
  };
  // Of an excerpt, as in the page: nothing of days before those of the page.
  const begins = { before: `stays.added_at - ${WINDOW}`, during: "stays.added_at" };
  const inPage = (period, value) =>
    world.isCut && period in begins
      ? `case when ${begins[period]} >= ${sqlDay(world.calendar, 0)} then ${value} end`
      : value;
  const numbers = Object.entries(around).map(([period, days]) => {
    const [mean, known] = ["round(avg(popularity), 1)", "count(*)"].map((value) =>
      inPage(period, `(select ${value} from known where date ${days})`),
    );
    return `    ${mean} as ${period},\n    ${known} as "days ${period}"`;
  });
  const sql = `known as (
    select date, popularity from track_daily_popularity where track_id = ${sqlText(track.id)} and date <= ${to}
)

select
    coalesce(playlists.playlist_name, playlists.label, playlists.playlist_id) as playlist,
    stays.added_at as added,
    stays.last_seen as "last seen",
${numbers.join(",\n")}
from stays
inner join playlists on stays.playlist_id = playlists.playlist_id
order by stays.first_seen desc, stays.playlist_id`;
  return staysQuery(world, shown, track, sql);
}

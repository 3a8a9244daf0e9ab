// The table of artists: what they have in the playlists, and what changed.

import { artistLink, section } from "./dom.js";
import { mean } from "./metrics.js";
import { counted, isOpenOn } from "./period.js";
import { dataTable, sqlAmongPlaylists, sqlDay } from "./table.js";
import { decimal, rounded } from "./words.js";
import { NO_VALUE } from "./world.js";

export function artistsSection(world, shown, period, changes) {
  const rows = rowsOf(world, period, changes);
  if (rows.length === 0) {
    return null;
  }
  const whole = (title, of) => ({ title, of, number: true });
  return section(
    "Artists",
    "Alone or with others. Tracks and playlists as last read; popularity is the mean of these tracks on " +
      `${world.calendar.say(period.to)}, without zeros.`,
    dataTable({
      caption: "Artists",
      columns: [
        { title: "Artist", of: ({ artist }) => artist.title, show: ({ artist }) => artistLink(shown, artist) },
        whole("Tracks", ({ tracks }) => tracks.size),
        whole("Playlists", ({ playlists }) => playlists.size),
        whole("Added", ({ added }) => added),
        whole("Removed", ({ removed }) => removed),
        { ...whole("Popularity", ({ popularity }) => popularity), show: ({ popularity }) => decimal(popularity) },
      ],
      rows,
      limit: 10,
      sql: sqlOfRows(world, period),
    }),
  );
}

/** The artists with tracks in playlists or changes in a period, those with most tracks first. */
function rowsOf(world, { to }, changes) {
  const found = new Map();
  const rowsBy = (track) => world.tracks.by[track].map((artist) => found.get(artist) ?? started(world, found, artist));
  const { playlist, track } = world.stays;
  for (let row = 0; row < playlist.length; row += 1) {
    if (isOpenOn(world.bounds(row), to)) {
      rowsBy(track[row]).forEach(({ tracks, playlists }) => {
        tracks.add(track[row]);
        playlists.add(playlist[row]);
      });
    }
  }
  changes.forEach((change) => rowsBy(change.track).forEach((row) => row.changes.push(change)));
  return [...found.values()]
    .map((row) => Object.assign(row, counted(row.changes), { popularity: popularityOn(world, row.tracks, to) }))
    .toSorted((one, other) => other.tracks.size - one.tracks.size || one.artist.index - other.artist.index);
}

function started(world, found, artist) {
  const row = { artist: world.artist(artist), tracks: new Set(), playlists: new Set(), changes: [] };
  found.set(artist, row);
  return row;
}

function popularityOn({ values, days }, tracks, day) {
  const known = Array.from(tracks, (track) => values[track * days + day]);
  return rounded(mean(known.filter((value) => value !== NO_VALUE && value !== 0)), 1);
}

function sqlOfRows(world, { from, to }) {
  const { calendar } = world;
  const end = sqlDay(calendar, to);
  const [held, changed] = [sqlAmongPlaylists(world, "stays.playlist_id"), sqlAmongPlaylists(world)];
  return `with held as (
    select
        track_artists.artist_id,
        count(distinct stays.track_id) as tracks,
        count(distinct stays.playlist_id) as playlists
    from tracks_in_playlist as stays
    inner join track_artists on stays.track_id = track_artists.track_id
    where stays.first_seen <= ${end} and (stays.first_absent is null or stays.first_absent > ${end})${held}
    group by track_artists.artist_id
),
changes as (
    select
        track_artists.artist_id,
        count(*) filter (where change in ('added', 'returned')) as added,
        count(*) filter (where change = 'removed') as removed
    from changes_since(${sqlDay(calendar, from)}) as changes
    inner join track_artists on changes.track_id = track_artists.track_id
    where date <= ${end}${changed}
    group by track_artists.artist_id
),
popular as (
    select artist_id, avg(popularity) as popularity
    from (
        select distinct track_artists.artist_id, values.track_id, values.popularity
        from tracks_in_playlist as stays
        inner join track_artists on stays.track_id = track_artists.track_id
        inner join track_daily_popularity as values on stays.track_id = values.track_id and values.date = ${end}
        where
            stays.first_seen <= ${end} and (stays.first_absent is null or stays.first_absent > ${end})
            and values.popularity > 0${held}
    )
    group by artist_id
)
select
    artists.artist_name,
    coalesce(held.tracks, 0) as tracks,
    coalesce(held.playlists, 0) as playlists,
    coalesce(changes.added, 0) as added,
    coalesce(changes.removed, 0) as removed,
    round(popular.popularity, 1) as popularity
from artists
left join held on artists.artist_id = held.artist_id
left join changes on artists.artist_id = changes.artist_id
left join popular on artists.artist_id = popular.artist_id
where held.tracks > 0 or changes.artist_id is not null
order by tracks desc, artists.artist_name`;
}

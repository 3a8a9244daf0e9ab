// The table of artists: what they have in the playlists, and what changed.

import { artistLink, section } from "./dom.js";
import { mean } from "./metrics.js";
import { counted, isCompared, isOpenOn } from "./period.js";
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
    "Alone or with others. Tracks and playlists as last read; added and removed where a playlist with " +
      "one of their tracks was compared; popularity is the mean of these tracks on " +
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
function rowsOf(world, period, changes) {
  const { to } = period;
  const found = new Map();
  const compared = comparedIn(world, period);
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
    .map((row) => {
      const isKnown = row.changes.length > 0 || compared.has(row.artist.index);
      const numbers = isKnown ? counted(row.changes) : { added: null, removed: null };
      return Object.assign(row, numbers, { popularity: popularityOn(world, row.tracks, to) });
    })
    .toSorted((one, other) => other.tracks.size - one.tracks.size || one.artist.index - other.artist.index);
}

/** The artists with a track that was, in the period, in a playlist that was compared in it. */
function comparedIn(world, period) {
  const { playlist, track } = world.stays;
  const isKnown = world.playlists.map((one) => isCompared(one, period));
  const found = new Set();
  for (let row = 0; row < playlist.length; row += 1) {
    const { first, absent } = world.bounds(row);
    if (isKnown[playlist[row]] && first <= period.to && (absent === null || absent > period.from)) {
      world.tracks.by[track[row]].forEach((artist) => found.add(artist));
    }
  }
  return found;
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
  const [after, end] = [from, to].map((day) => sqlDay(calendar, day));
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
    from changes_since(${after}) as changes
    inner join track_artists on changes.track_id = track_artists.track_id
    where date <= ${end}${changed}
    group by track_artists.artist_id
),
compared as (
    select distinct track_artists.artist_id
    from tracks_in_playlist as stays
    inner join track_artists on stays.track_id = track_artists.track_id
    inner join playlist_days as days
        on
            stays.playlist_id = days.playlist_id
            and days.added is not null and days.date > ${after} and days.date <= ${end}
    where stays.first_seen <= ${end} and (stays.first_absent is null or stays.first_absent > ${after})${held}
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
    coalesce(changes.added, case when compared.artist_id is not null then 0 end) as added,
    coalesce(changes.removed, case when compared.artist_id is not null then 0 end) as removed,
    round(popular.popularity, 1) as popularity
from artists
left join held on artists.artist_id = held.artist_id
left join changes on artists.artist_id = changes.artist_id
left join compared on artists.artist_id = compared.artist_id
left join popular on artists.artist_id = popular.artist_id
where held.tracks > 0 or changes.artist_id is not null
order by tracks desc, artists.artist_name`;
}

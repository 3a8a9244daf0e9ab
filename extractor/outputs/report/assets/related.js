// Other playlists beside one: those with the same tracks, and those that had its tracks before.

import { html, playlistLink, section } from "./dom.js";
import { feeders, overlapsOn } from "./metrics.js";
import { unknown } from "./survival.js";
import { dataTable, shareColumn, sqlAmongPlaylists, sqlDay, sqlOf, sqlText, sqlUntil } from "./table.js";
import { readOn } from "./tracklist.js";
import { count } from "./words.js";
import { isUsable } from "./world.js";

const ALONE = "Not known from this page: it has not all playlists.";

const columns = (shown, beside = () => null) => [
  {
    title: "Playlist",
    of: ({ playlist }) => playlist.name,
    show: ({ playlist }) => [playlistLink(shown, playlist), beside(playlist)],
  },
  { title: "Playlist ID", isQuiet: true, of: ({ playlist }) => playlist.id },
];

/** The playlists that shared tracks with one on the day of its read. */
export function similar(world, shown, playlist) {
  const read = readOn(playlist, shown.asOf);
  const title = "Similar playlists";
  if (world.playlists.length < 2) {
    return section(title, world.isPartial ? ALONE : "No other playlist is watched.");
  }
  if (read === null || read < 0) {
    return null;
  }
  const observed = world.playlists.filter((other) => other !== playlist && isUsable(other.outcomes[read])).length;
  const left = world.playlists.length - 1 - observed;
  const less = left ? `, ${count(left, "other")} not observed that day` : "";
  if (observed === 0) {
    return section(title, `No other playlist was observed on ${world.calendar.say(read)}.`);
  }
  const compare = ({ id }) => {
    const href = shown.link({ kind: "compare", ids: [playlist.id, id], asOf: null });
    return html("a", { class: "compare", href }, "compare");
  };
  return section(
    title,
    `Tracks shared on ${world.calendar.say(read)}. Jaccard: shared tracks by tracks in either. ` +
      `${count(observed, "playlist")} compared${less}.${world.isPartial ? " This page has not all playlists." : ""}`,
    dataTable({
      caption: `Playlists similar to ${playlist.title} on ${world.calendar.say(read)}`,
      columns: [
        ...columns(shown, compare),
        { title: "Shared", number: true, of: ({ shared }) => shared },
        shareColumn("Jaccard", ({ jaccard }) => jaccard),
        shareColumn("Of this one", ({ shared, sizes }) => shared / sizes[0]),
        shareColumn("Of the other", ({ shared, sizes }) => shared / sizes[1]),
      ],
      rows: overlapsOn(world, playlist, read),
      sort: ["Jaccard", "descending"],
      limit: 10,
      sql: similarSql(world, playlist, read),
      empty: "None of them shares a track with it.",
    }),
  );
}

function similarSql(world, { id }, read) {
  return `with held as (
    select distinct days.playlist_id, days.size, tracklists.track_id
    from playlist_days as days
    inner join tracklists
        on days.playlist_id = tracklists.playlist_id
        and days.date between tracklists.first_day and tracklists.last_day and tracklists.kind = 'track'
    where days.date = ${sqlDay(world.calendar, read)} and days.outcome in ('complete', 'unchanged')
)

select
    coalesce(playlists.playlist_name, playlists.label, playlists.playlist_id) as playlist,
    playlists.playlist_id,
    count(*) as shared,
    round(1.0 * count(*) / (ours.size + theirs.size - count(*)), 4) as jaccard,
    round(1.0 * count(*) / ours.size, 4) as share_of_this,
    round(1.0 * count(*) / theirs.size, 4) as share_of_other
from held as ours
inner join held as theirs on ours.track_id = theirs.track_id and ours.playlist_id <> theirs.playlist_id
inner join playlists on theirs.playlist_id = playlists.playlist_id
where ours.playlist_id = ${sqlText(id)}${sqlAmongPlaylists(world, "theirs.playlist_id")}
group by playlists.playlist_name, playlists.label, playlists.playlist_id, ours.size, theirs.size
order by jaccard desc`;
}

/** The playlists whose tracks came to this one later. */
export function feedersSection(world, shown, playlist) {
  const rows = `select playlist_name, playlist_id, tracks, tracks_later, share, median_lag_days, tracks_first
from feeders(${sqlText(playlist.id)})`;
  const sql = sqlUntil(shown, rows);
  const title = "Who had its tracks before";
  if (world.isCut || world.isPartial) {
    return section(title, world.isCut ? unknown(world) : ALONE, sqlOf(sql));
  }
  return section(
    title,
    "Of the tracks that were seen to enter another playlist, those that entered this one on a later day. " +
      "This is no proof that one takes from the other.",
    dataTable({
      caption: `Feeders of ${playlist.title}`,
      columns: [
        ...columns(shown),
        { title: "Its entries", number: true, of: ({ tracks }) => tracks },
        { title: "Later here", number: true, of: ({ later }) => later.length },
        shareColumn("Share", (row) => row.share),
        { title: "Median days between", number: true, of: ({ lag }) => lag },
        { title: "Had first", number: true, of: ({ before }) => before },
      ],
      rows: feeders(world, playlist),
      sort: ["Share", "descending"],
      limit: 10,
      sql,
      empty: "No track came to this playlist after it had entered another one.",
    }),
  );
}

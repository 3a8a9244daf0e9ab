// What a playlist held on a day, in order, and what it held before.

import { html, section, titled, trackLink } from "./dom.js";
import { dayField } from "./charts.js";
import { dataTable, dayColumn, sqlDay, sqlText, trackColumn } from "./table.js";
import { NO_TRACK, Tracklists } from "./tracklists.js";
import { count, signed } from "./words.js";
import { NO_VALUE, OUTCOMES, isUsable, readBefore, sightings } from "./world.js";

const WEEK = 7;

/** The read that tells what a playlist held on a day: of this day, or the last one before it. Null if there is none. */
export function readOn(playlist, day) {
  return readBefore(playlist, day + 1);
}

export function tracklist(world, shown, playlist, stays) {
  const read = readOn(playlist, shown.asOf);
  const version = read === null ? null : world.tracklists.on(playlist.index, read);
  const before = read === null ? null : readBefore(playlist, read - WEEK + 1);
  const since = before !== null && before >= 0 ? before : null;
  return section(
    titled("Tracklist", days(world, shown, playlist)),
    null,
    html("p", { class: "about" }, ...about(world, shown, playlist, read, since)),
    version ? table(world, shown, playlist, stays, { read, since, version }) : null,
  );
}

/** The day, and the observed ones beside it. */
function days({ calendar }, shown, playlist) {
  const next = Array.from(playlist.outcomes).findIndex((letter, day) => day > shown.asOf && isUsable(letter));
  const before = readBefore(playlist, shown.asOf);
  const link = (day, way, text) =>
    day !== null && day >= 0
      ? html("a", { href: shown.link({ asOf: day }), "data-stays": true, "aria-label": `${way} observed day` }, text)
      : null;
  return html(
    "nav",
    { class: "day-choice", "aria-label": "Day of the tracklist" },
    link(before, "Previous", before === null ? "" : `← ${calendar.brief(before)}`),
    dayField(calendar, "as of", shown.asOf, (asOf) => shown.link({ asOf })),
    link(next, "Next", `${calendar.brief(next)} →`),
  );
}

function about({ calendar }, { asOf }, playlist, read, since) {
  const letter = playlist.outcomes[asOf];
  const day = calendar.say(asOf);
  if (read === null) {
    const first = Array.from(playlist.outcomes).findIndex(isUsable);
    return [`Nothing is known of ${day}: the first read is of ${calendar.say(first)}.`];
  }
  const moves = since === null ? "" : ` Changes are since ${calendar.say(since)}.`;
  if (read === asOf) {
    return [`As read on ${day}.${moves}`];
  }
  const why = playlist.reasons.get(asOf) ?? OUTCOMES[letter]?.name ?? "not in the calendar";
  return [
    html("strong", {}, `${day} was not observed`),
    ` (${why}). `,
    read < 0
      ? `The last read before it, of ${calendar.say(read)}, is before the days of this page.`
      : `This is the last read before it, of ${calendar.say(read)}.${moves}`,
  ];
}

/** The rows of a tracklist: its entries, with what is known of their tracks on that day. */
function entriesOf(world, playlist, stays, { read, since, version }) {
  const places = Tracklists.positions(version);
  const earlier = since === null ? null : placesOn(world, playlist, since);
  const there = stays.filter(({ first, last }) => first <= read && read <= last);
  const stayOf = new Map(there.map((stay) => [stay.track, stay]));
  const others = world.isPartial ? null : playlistsWith(world, playlist, read);
  const popularity = (track, day) => (day === null ? null : known(world.values[track * world.days + day]));
  const difference = (one, other) => (one === null || other === null ? null : one - other);
  return Array.from(version.tracks, (track, index) => {
    if (track < 0) {
      return { position: index + 1, entry: NO_TRACK[track], isNew: false };
    }
    const isFirst = places.get(track) === index + 1;
    const now = popularity(track, read);
    const stay = stayOf.get(track) ?? null;
    const hasCome = earlier !== null && stay !== null && stay.first > since;
    return {
      position: index + 1,
      track: world.track(track),
      isNew: hasCome && !stay.isReturn,
      isReturn: hasCome && stay.isReturn,
      moved: isFirst && !hasCome ? difference(earlier?.get(track) ?? null, index + 1) : null,
      popularity: now,
      change: difference(now, popularity(track, since)),
      stay,
      others: others?.(track) ?? null,
    };
  });
}

function placesOn(world, playlist, day) {
  const version = world.tracklists.on(playlist.index, day);
  return version && Tracklists.positions(version);
}

function known(value) {
  return value === NO_VALUE || value === 0 ? null : value;
}

/** How many other playlists held a track when they were last read up to a day. */
function playlistsWith(world, playlist, day) {
  const reads = world.playlists.map((other) => readOn(other, day));
  const isSeen = world.playlists.map((other) => sightings(world, other));
  const holds = ({ playlist: other, track, first, last }) => {
    const read = reads[other.index];
    return other !== playlist && read !== null && first <= read && read <= last && isSeen[other.index](track, read);
  };
  return (track) => new Set(world.staysBy({ index: track }).filter(holds).map((stay) => stay.playlist)).size;
}

/** How the start of a stay is known. */
function startOf({ isClaimed, isOlder }) {
  return isClaimed ? "claimed" : isOlder ? "or earlier" : "first seen";
}

/** Columns that name a track: only its title is shown apart. */
function trackColumns(trackOf) {
  return [
    { title: "Artists", isQuiet: true, of: (row) => trackOf(row)?.artists },
    { title: "Track ID", isQuiet: true, of: (row) => trackOf(row)?.id },
  ];
}

function table(world, shown, playlist, stays, held) {
  const { calendar } = world;
  const { read, since } = held;
  const change = (title, of, inWords = () => null) => ({
    title,
    of,
    number: true,
    show: (row) => (inWords(row) ? html("span", { class: "when" }, inWords(row)) : changed(of(row))),
  });
  return dataTable({
    caption: `Tracklist of ${calendar.say(read)}`,
    columns: [
      {
        title: "Track",
        of: ({ track, entry }) => entry ?? track.title,
        show: ({ track, entry }) => (entry ? html("span", { class: "when" }, entry) : trackLink(shown, track)),
      },
      ...trackColumns(({ track }) => track),
      { title: "Position", number: true, of: ({ position }) => position },
      change("Moved up", ({ moved }) => moved, come),
      { title: "Popularity", number: true, of: ({ popularity }) => popularity },
      change("Popularity change", (row) => row.change),
      dayColumn(calendar, "Since", ({ stay }) => stay?.added),
      { title: "Start", of: ({ stay }) => stay && startOf(stay) },
      { title: "Days since", number: true, of: ({ stay }) => stay && read - stay.added + 1 },
      ...(world.isPartial ? [] : [{ title: "Other playlists", number: true, of: ({ others }) => others }]),
    ],
    rows: entriesOf(world, playlist, stays, held),
    sort: ["Position", "ascending"],
    limit: 20,
    sql: tracklistSql(world, playlist, read, since),
    empty: "It held nothing.",
  });
}

/** How a track came that was not there all the time since the read with which this one is compared. */
function come({ isNew, isReturn }) {
  return isNew ? "new" : isReturn ? "returned" : null;
}

function changed(value) {
  return value ? html("span", { class: value > 0 ? "up" : "down" }, signed(value)) : value;
}

function tracklistSql({ calendar, isPartial }, { id }, read, since) {
  const [day, before] = [sqlDay(calendar, read), since === null ? "cast(null as date)" : sqlDay(calendar, since)];
  const others = `,
    case when entries.kind = 'track' then (
        select count(distinct others.playlist_id)
        from tracklists as others
        inner join (
            select playlist_id, max(date) as day
            from playlist_days
            where outcome in ('complete', 'unchanged') and date <= ${day}
            group by playlist_id
        ) as reads on others.playlist_id = reads.playlist_id and reads.day between others.first_day and others.last_day
        where others.track_id = entries.track_id and others.playlist_id <> ${sqlText(id)}
    ) end as other_playlists`;
  return `select
    case entries.kind
        when 'track' then coalesce(tracks.track_name, entries.track_id) when 'local' then 'local file' else entries.kind
    end as track,
    tracks.artists,
    tracks.track_id,
    entries.position,
    case when coalesce(stays.first_seen <= ${before}, true) and not exists (
        select 1 from tracklists as above
        where above.playlist_id = entries.playlist_id and above.first_day = entries.first_day
            and above.track_id = entries.track_id and above.position < entries.position
    ) then (
        select min(earlier.position) from tracklists as earlier
        where earlier.playlist_id = entries.playlist_id and earlier.track_id = entries.track_id
            and ${before} between earlier.first_day and earlier.last_day
    ) - entries.position end as moved_up,
    nullif(now.popularity, 0) as popularity,
    nullif(now.popularity, 0) - nullif(before.popularity, 0) as popularity_change,
    stays.added_at,
    case when stays.added_at_source = 'claimed' then 'claimed' when stays.starts_before_watch then 'or earlier'
        when stays.track_id is not null then 'first seen' end as start,
    ${day} - stays.added_at + 1 as days_since${isPartial ? "" : others}
from tracklists as entries
left join track_info as tracks on entries.track_id = tracks.track_id and entries.kind = 'track'
left join track_daily_popularity as now on tracks.track_id = now.track_id and now.date = ${day}
left join track_daily_popularity as before on tracks.track_id = before.track_id and before.date = ${before}
left join tracks_in_playlist as stays on entries.playlist_id = stays.playlist_id
    and tracks.track_id = stays.track_id and ${day} between stays.first_seen and stays.last_seen
where entries.playlist_id = ${sqlText(id)} and entries.position is not null
    and ${day} between entries.first_day and entries.last_day
order by entries.position`;
}

/** The tracks that were proven absent up to the read of a day. */
export function pastTracks(world, shown, playlist, stays) {
  const { calendar } = world;
  const read = readOn(playlist, shown.asOf);
  const rows = [...Map.groupBy(stays.filter(({ first }) => first <= read), ({ track }) => track).values()]
    .filter((ofTrack) => ofTrack.at(-1).absent !== null && ofTrack.at(-1).absent <= read)
    .map((ofTrack) => pastTrack(world, playlist, ofTrack));
  const earlier = world.isCut ? `Tracks that left before ${calendar.say(0)} are not in this page.` : null;
  const left = `${count(rows.length, "track")} had left by ${calendar.say(read)}.`;
  return section(
    "Past tracks",
    rows.length ? [left, earlier].filter(Boolean).join(" ") : null,
    dataTable({
      caption: `Past tracks on ${calendar.say(read)}`,
      columns: [
        trackColumn(shown),
        ...trackColumns(({ track }) => track),
        { title: "Last position", number: true, of: ({ position }) => position },
        { title: "Stays", number: true, of: (row) => row.stays },
        dayColumn(calendar, "Since", ({ stay }) => stay.added),
        { title: "Start", of: ({ stay }) => startOf(stay) },
        dayColumn(calendar, "Last seen", ({ stay }) => stay.last),
        {
          ...dayColumn(calendar, "Gone", ({ stay }) => stay.absent),
          show: ({ stay }) => leaving(calendar, stay),
        },
      ],
      rows,
      sort: ["Gone", "descending"],
      limit: 10,
      sql: pastSql(world, playlist, read),
      empty: earlier ?? "No track is known to have left.",
    }),
  );
}

function pastTrack(world, playlist, ofTrack) {
  const stay = ofTrack.at(-1);
  const position = placesOn(world, playlist, stay.last)?.get(stay.track) ?? null;
  return { track: world.track(stay.track), stays: ofTrack.length, stay, position };
}

/** When a track left: on a day, or between two reads. */
function leaving(calendar, { last, absent }) {
  return absent - last > 1 ? calendar.between(last, absent) : calendar.say(absent);
}

function pastSql({ calendar }, { id }, read) {
  return `with numbered as (
    select
        *,
        count(*) over (partition by track_id) as stays,
        row_number() over (partition by track_id order by first_seen desc) as latest
    from tracks_in_playlist
    where playlist_id = ${sqlText(id)} and first_seen <= ${sqlDay(calendar, read)}
        and (first_absent is null or first_absent >= ${sqlDay(calendar, 0)})
)

select
    coalesce(tracks.track_name, tracks.track_id) as track,
    tracks.artists,
    tracks.track_id,
    case when numbered.last_seen >= ${sqlDay(calendar, 0)} then numbered.last_position end as last_position,
    numbered.stays,
    numbered.added_at,
    case when numbered.added_at_source = 'claimed' then 'claimed' when numbered.starts_before_watch then 'or earlier'
        else 'first seen' end as start,
    numbered.last_seen,
    numbered.first_absent
from numbered
inner join track_info as tracks on numbered.track_id = tracks.track_id
where numbered.latest = 1 and numbered.first_absent <= ${sqlDay(calendar, read)}
order by numbered.first_absent desc`;
}

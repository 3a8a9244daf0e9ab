"""Lists that change by the same share every day, written by SQL: as landing files, or straight into raw."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

import duckdb

from extractor.config.settings import Config
from extractor.engines.duckdb.load import load, prepared

FIRST_DAY = "date '2020-01-01'"

# Every slot of a list gets another track once a period, each day another share of the slots: v counts these.
SLOTS = """
select
    d,
    l,
    s,
    least(d, {still_from}) as e,
    (e + (l * 37 + s * 11) % {period}) // {period} as v,
    cast(hash(l, s, v) % {tracks} as integer) as t
from range({first}, {last} + 1) as days(d), range({lists}) as lists(l), range({entries}) as slots(s)
"""

ENTRY = """
'{"added_at":"' || strftime(date '2019-01-01' + cast(v as integer), '%Y-%m-%d') || 'T00:00:00Z","track":{"id":"'
|| left(md5(t::varchar), 22) || '","uri":"spotify:track:' || left(md5(t::varchar), 22)
|| '","type":"track","name":"Track ' || t || '","popularity":' || ((t + (e + t) // 7) % 90 + 5) || DETAILS || '}}'
"""

# The rest of an entry as Spotify describes it, less the markets: ids and links that don't compress.
DETAILS = """
',"duration_ms":' || (120000 + t) || ',"explicit":false,"is_local":false,"disc_number":1,"track_number":' || t % 12
|| ',"preview_url":null,"external_ids":{"isrc":"' || left(md5('isrc' || t), 12) || '"}'
|| ',"href":"https://api.spotify.com/v1/tracks/' || left(md5(t::varchar), 22)
|| '","external_urls":{"spotify":"https://open.spotify.com/track/' || left(md5(t::varchar), 22)
|| '"},"artists":[{"id":"' || left(md5('artist' || t // 4), 22) || '","name":"Artist ' || t // 4
|| '","type":"artist","uri":"spotify:artist:' || left(md5('artist' || t // 4), 22)
|| '","href":"https://api.spotify.com/v1/artists/' || left(md5('artist' || t // 4), 22)
|| '","external_urls":{"spotify":"https://open.spotify.com/artist/' || left(md5('artist' || t // 4), 22)
|| '"}}],"album":{"album_type":"album","id":"' || left(md5('album' || t // 9), 22) || '","name":"Album ' || t // 9
|| '","release_date":"2019-05-17","release_date_precision":"day","total_tracks":12,"type":"album"'
|| ',"uri":"spotify:album:' || left(md5('album' || t // 9), 22)
|| '","href":"https://api.spotify.com/v1/albums/' || left(md5('album' || t // 9), 22)
|| '","images":[{"height":640,"width":640,"url":"https://i.scdn.co/image/ab67616d0000b273' || md5('image' || t // 9)
|| '"},{"height":300,"width":300,"url":"https://i.scdn.co/image/ab67616d00001e02' || md5('image' || t // 9)
|| '"},{"height":64,"width":64,"url":"https://i.scdn.co/image/ab67616d00004851' || md5('image' || t // 9) || '"}]}'
"""

LIST_ANSWERS = """
select
    'run' || d as run, 2 + 2 * l as line, 1 as worker, {first_day} + cast(d as integer) as day, 'playlists' as endpoint,
    json_object('playlist_id', lpad(l::varchar, 22, 'L'), 'attempt', 1) as asked, 200 as status, 1 as requests,
    day + interval 6 hour as observed_at,
    cast(
        '{{"name":"List ' || l || '","owner":{{"id":"someone"}},"snapshot_id":"' || md5(l || '-' || min(e))
        || '","tracks":{{"next":null,"total":{entries}' || {items} || '}}}}' as json
    ) as body
from ({slots})
group by d, l
"""

ITEMS = "',\"items\":[' || string_agg({entry}, ',' order by s) || ']'"

ENTRIES = """
select
    'run' || d, 2 + 2 * l, {first_day} + cast(d as integer) as day, lpad(l::varchar, 22, 'L'), 1, s,
    strftime(date '2019-01-01' + cast(v as integer), '%Y-%m-%d') || 'T00:00:00Z', cast({entry} as json),
    day + interval 6 hour, {load}
from ({slots})
"""

VERDICTS = """
select
    'run' || d, 3 + 2 * l, 1, {first_day} + cast(d as integer) as day, 'playlist_reads',
    json_object('playlist_id', lpad(l::varchar, 22, 'L')), null, 0, day + interval 6 hour,
    json_object(
        'outcome', 'complete', 'attempt', 1, 'reason', null, 'entries', {entries}, 'total', {entries},
        'snapshot_id', md5(l || '-' || least(d, {still_from}))
    )
from range({first}, {last} + 1) as days(d), range({lists}) as lists(l)
"""

STARTS = """
select
    'run' || d, 1, 1, {first_day} + cast(d as integer) as day, 'runs', json_object(), null, 0,
    cast(day as timestamp), cast('{{"event":"start","watched":"watched","discover_tracks":true}}' as json)
from range({first}, {last} + 1) as days(d)
"""

ENDS = """
select
    'run' || d, 2 + 2 * {lists}, 1, {first_day} + cast(d as integer) as day, 'runs', json_object(), null, 0,
    day + interval 7 hour, json_object('event', 'end', 'exit_code', 0)
from range({first}, {last} + 1) as days(d)
"""

LANDING_FILE = """
copy (
    select * replace (
        strftime(day, '%Y-%m-%d') as day, strftime(observed_at, '%Y-%m-%dT%H:%M:%S.000Z') as observed_at
    )
    from ({answers})
    order by line
) to '{path}' (format json, compression gzip)
"""

DAYS_AT_ONCE = 20


@dataclass(frozen=True)
class World:
    """Lists of `entries` tracks out of `tracks`, of which a share of one in `period` is replaced every day.

    `detailed`: entries as long as Spotify's; else with what the models read, and a tenth of the bytes.
    """

    lists: int
    entries: int = 100
    tracks: int = 20_000
    period: int = 50
    detailed: bool = False

    def slots(self, first: int, last: int, still_from: int | None = None) -> str:
        """SQL for the tracks in the lists on some days. From day `still_from` on all stays as it was on that day."""
        return self._filled(SLOTS, first, last, still_from)

    def land(self, folder: Path, day: int, still_from: int | None = None) -> Path:
        """Write the landing file of a day, and the watch-list, as the extractor would."""
        self._watch(folder)
        with duckdb.connect() as connection:
            [(date,)] = connection.execute(f"select {FIRST_DAY} + {day}").fetchall()
            path = folder / f"{date:%Y-%m-%d}" / f"run{day}.ndjson.gz"
            path.parent.mkdir(parents=True, exist_ok=True)
            connection.execute(LANDING_FILE.format(answers=self._answers(day, day, still_from), path=path))
        return path

    def load_at_once(self, config: Config, days: int) -> None:
        """Put the first days into raw.duckdb without landing them: years take minutes."""
        self._watch(config.landing)
        load(config)
        with prepared(config) as connection:
            for number, first in enumerate(range(0, days, DAYS_AT_ONCE), 2):  # 1 is that of the watch-list
                last = min(first + DAYS_AT_ONCE, days) - 1
                answers = self._answers(first, last, None, items="''")
                connection.execute(f"insert into answers select *, {number} from ({answers})")
                entries = self._filled(ENTRIES.replace("{load}", str(number)), first, last, None)
                connection.execute(f"insert into playlist_entries {entries}")
                connection.execute(f"insert into landing_files values ('days from {first}', 1, 1, {number})")

    def _watch(self, landing: Path) -> None:
        rows = "".join(f"playlist,{str(number).rjust(22, 'L')},\n" for number in range(self.lists))
        (landing / "watched").mkdir(parents=True, exist_ok=True)
        (landing / "watched" / "watched.csv.gz").write_bytes(gzip.compress(f"kind,id,label\n{rows}".encode(), mtime=0))

    def _answers(self, first: int, last: int, still_from: int | None, items: str = ITEMS) -> str:
        parts = (LIST_ANSWERS.replace("{items}", items), VERDICTS, STARTS, ENDS)
        return " union all ".join(self._filled(part, first, last, still_from) for part in parts)

    def _filled(self, sql: str, first: int, last: int, still_from: int | None) -> str:
        values = vars(self) | {"first": first, "last": last, "first_day": FIRST_DAY}
        values["still_from"] = last if still_from is None else still_from
        values["entry"] = ENTRY.replace("DETAILS", DETAILS if self.detailed else "''")
        values["slots"] = SLOTS.format(**values)
        return sql.format(**values)

"""Record which changes were handed to the command `on_change`, so that each is handed over once.

The record is a DuckDB file beside the published one, with every change since the record began. Days whose published
changes differ from the record are compared change by change. What is new goes to the outbox, in the same transaction
as the record; it leaves the outbox once the command has ended well.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

import duckdb

from extractor.config.settings import Config
from extractor.engines.duckdb.files import naming_errors, opened, quoted, rows_of
from extractor.engines.published import Cursor, literal
from extractor.engines.registry import target_of
from extractor.errors import WarehouseError
from extractor.outputs.changes.crossings import CROSSING, Crossing, read_crossings, window_start
from extractor.outputs.changes.formats import cells
from extractor.outputs.changes.read import IS_OBSERVED, Change, changes_of, observed_days, playlist_names
from extractor.outputs.changes.rules import Rules

LOOK_BACK = timedelta(days=28)
"""How many days before the record began are in it, as known: a late read may move a change into them."""

MOST = 10_000
"""Objects that the command gets at a time."""

# `what` and `date` identify a change, and are what its id is a hash of. `level` is null for changes of playlists.
TABLES = """
create table if not exists progress (since date not null, through date not null);
create table if not exists compared (playlist_id varchar not null, through date not null);
create table if not exists levels (level integer not null, since date not null);
create table if not exists days (date date not null, fingerprint varchar not null);
create table if not exists known (
    id varchar not null,
    what varchar not null,
    level integer,
    date_before date not null,
    date date not null,
    is_handed_over boolean not null
);
create table if not exists outbox (number bigint not null, object varchar not null, is_begun boolean not null);
"""
# One query for DuckDB and PostgreSQL. Digits and letters of a hash are in the same order in every collation.
FINGERPRINTS = """
select date, md5(string_agg(line, '' order by line)) from (
    select
        date,
        md5(
            playlist_id || ' ' || track_id || ' ' || change || ' ' || coalesce(other_track_id, '') || ' '
            || cast(date_before as varchar)
        ) as line
    from playlist_changes
    where date > {start}
) as lines
group by date
"""
FOUND = """
create or replace temp table found (
    number bigint, id varchar, what varchar, playlist_id varchar, level integer, date_before date, date date,
    is_chosen boolean, object varchar
);
create or replace temp table touched (date date, fingerprint varchar);
"""
# One JSON text: DuckDB takes a millisecond for each row of a list of values.
ADD = """
insert into found
select unnest(
    from_json(
        $rows,
        '[{"number": "bigint", "id": "varchar", "what": "varchar", "playlist_id": "varchar", "level": "integer",
        "date_before": "date", "date": "date", "is_chosen": "boolean", "object": "varchar"}]'
    ),
    recursive := true
)
"""
# A change that is found with other bounds than before has moved: what is the same, and the bounds overlap. Other bounds
# of a crossing have other values, so what is the same there is the track, the level and the direction.
COMPARED = """
create or replace temp macro same(what, level) as
    case when level is null then what else concat_ws(' ', what ->> 1, level, cast(what ->> 4 as integer) >= level) end;

create or replace temp table gone as
select * from known
where
    case when level is null then date in (select date from touched) else date > $window end
    and not exists (from found where found.id = known.id and found.date_before = known.date_before);

create or replace temp table fresh as
select * from found
where not exists (from known where known.id = found.id and known.date_before = found.date_before);

create or replace temp table moved as
select
    fresh.id,
    gone.id as gone_id,
    gone.date_before as gone_date_before,
    gone.date as gone_date,
    gone.is_handed_over
from gone
inner join fresh
    on
        same(gone.what, gone.level) = same(fresh.what, fresh.level)
        and gone.date_before < fresh.date
        and fresh.date_before < gone.date
qualify
    row_number() over (partition by gone.id order by fresh.date desc) = 1
    and row_number() over (partition by fresh.id order by gone.date desc) = 1;
"""
# A change before the first observed day is no longer known, which is no proof that it did not happen.
WITHDRAWN = """
select what, date_before, date from gone
where is_handed_over and id not in (select gone_id from moved) and date_before >= $first
order by date, what
"""
WITHDRAW = """
insert into outbox
select (select coalesce(max(number), 0) from outbox) + row_number() over (), object, false
from (select unnest(from_json($objects, '["varchar"]')) as object)
"""
NEWS = """
insert into outbox
select
    (select coalesce(max(number), 0) from outbox) + row_number() over (order by date, number),
    case
        when gone_id is not null then json_merge_patch(
            object,
            json_object(
                'correction', true,
                'was', json_object('id', gone_id, 'date_before', gone_date_before, 'date', gone_date)
            )
        )
        when date <= case when level is null then compared.through else $through - 1 end
            then json_merge_patch(object, '{"correction": true}')
        else object
    end,
    false
from fresh
left join moved using (id)
left join compared using (playlist_id)
where coalesce(is_handed_over, is_chosen)
"""
RECORDED = """
delete from known where exists (from gone where gone.id = known.id and gone.date_before = known.date_before);
insert into known
select id, what, level, date_before, date, coalesce(is_handed_over, is_chosen) from fresh left join moved using (id);
delete from days where date in (select date from touched);
insert into days select * from touched where fingerprint is not null;
update progress set through = greatest(through, $through);
"""
LAST_DAYS = f"""
select playlist_id, max(date) from playlist_days where {IS_OBSERVED} group by playlist_id
"""  # noqa: S608 (a constant)
LAST_RECORDED = """
insert into compared
select unnest(from_json($rows, '[{"playlist_id": "varchar", "through": "date"}]'), recursive := true)
"""
TRACKS = "select track_id, label, track_name, artists, isrc from track_info where track_id in ({tracks})"


@dataclass(frozen=True)
class Batch:
    """Changes to hand over, oldest first, and the number of the last one in the outbox."""

    last: int
    objects: list[dict[str, Any]]


def collect(config: Config) -> None:
    """Put the changes into the outbox that are published, chosen by a rule, and not handed over yet.

    Raises ConfigError for a rule that names nothing, WarehouseError if the published tables can't be read or the record
    can't be written, which is unchanged then.
    """
    with _changed(config) as record, target_of(config).reading(config) as published:
        rules = Rules(config, published)
        if observed := observed_days(published):
            _Comparison(config, record, published, rules, observed).run()


def next_batch(config: Config) -> Batch | None:
    """Return the oldest changes of the outbox, now recorded as begun; None if there are none.

    `again` marks those of an attempt that did not end well. Raises WarehouseError if that can't be recorded.
    """
    if not config.handed_over.exists():
        return None
    with _changed(config) as record:
        rows = record.execute("from outbox order by number limit $most", {"most": MOST}).fetchall()
        if rows:
            record.execute("update outbox set is_begun = true where number <= $last", {"last": rows[-1][0]})
    if not rows:
        return None
    return Batch(rows[-1][0], [json.loads(each) | ({"again": True} if begun else {}) for _, each, begun in rows])


def finish(config: Config, batch: Batch) -> None:
    """Remove a batch from the outbox. Raises WarehouseError if that can't be recorded."""
    with _changed(config) as record:
        record.execute("delete from outbox where number <= $last", {"last": batch.last})


@contextmanager
def _changed(config: Config) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield the record in a transaction, which is committed and read back if the block succeeds."""
    path = config.handed_over
    with opened(path, memory_limit=config.memory) as record:
        record.execute("begin")
        record.execute(TABLES)
        yield record
        rows = rows_of(record)
        record.execute("commit")
    with opened(path, read_only=True) as record:
        if rows_of(record) != rows:
            raise WarehouseError(f"{path}: what was written can't be read back")


class _Comparison:
    """Compares what is published with the record, and writes the differences to the outbox and the record."""

    def __init__(
        self,
        config: Config,
        record: duckdb.DuckDBPyConnection,
        published: Cursor,
        rules: Rules,
        observed: Sequence[date],
    ) -> None:
        self._path = config.handed_over
        self._record, self._published, self._rules = record, published, rules
        self._since, self._through = self._progress(observed)
        self._first, self._last = observed[0], observed[-1]
        self._levels = {rule.popularity for rule in config.on_change.rules if rule.popularity is not None}

    def run(self) -> None:
        self._run(FOUND)
        window = window_start(self._published)
        self._find_crossings(window)
        self._find_changes()
        for statement in COMPARED.split(";")[:-1]:
            self._run(statement, {"window": window} if "$window" in statement else None)
        self._withdraw()
        self._run(NEWS, {"through": self._through})
        for statement in RECORDED.split(";")[:-1]:
            self._run(statement, {"through": self._last} if "$through" in statement else None)
        self._record_days()
        self._run("delete from known where level is not null and date <= $window", {"window": window})

    def _run(self, sql: str, values: object = None) -> duckdb.DuckDBPyConnection:
        with naming_errors(self._path):
            return self._record.execute(sql, values)

    def _progress(self, observed: Sequence[date]) -> tuple[date, date]:
        """Return the day after which changes are handed over, and the last one compared. At first, it is one day."""
        known = self._run("from progress").fetchall()
        if known:
            [(since, through)] = known
            return since, through
        since = observed[-2] if len(observed) > 1 else observed[-1]
        self._run("insert into progress values ($since, $since)", {"since": since})
        return since, since

    def _find_crossings(self, window: date) -> None:
        """Find the crossings of the rules' levels. Those of a new level count from now on."""
        levels = {"levels": sorted(self._levels)}
        self._run("delete from levels where level not in (select unnest($levels::integer[]))", levels)
        self._run("delete from known where level is not null and level not in (select level from levels)")
        self._run(
            "insert into levels select level, $through from (select unnest($levels::integer[]) as level) as given "
            "where level not in (select level from levels)",
            levels | {"through": self._through},
        )
        since = dict(self._run("from levels").fetchall())
        self._add(read_crossings(self._published, since, window))

    def _find_changes(self) -> None:
        """Find the changes of the days whose fingerprints differ from the record, a day at a time."""
        earliest = self._since - min(LOOK_BACK, self._since - date.min)
        self._published.execute(FINGERPRINTS.format(start=literal(earliest)))
        published = dict(self._published.fetchall())
        known = dict(self._run("from days").fetchall())
        for day in sorted(published.keys() | known.keys()):
            if published.get(day) == known.get(day):
                continue
            self._run("insert into touched values ($1, $2)", [day, published.get(day)])
            if day in published:
                self._add(changes_of(self._published, day))

    def _record_days(self) -> None:
        """Record the last observed day of each playlist: a change that is found later for it is a correction."""
        self._published.execute(LAST_DAYS)
        lasts = [{"playlist_id": each, "through": day.isoformat()} for each, day in self._published.fetchall()]
        self._run("delete from compared")
        self._run(LAST_RECORDED, {"rows": json.dumps(lasts)})

    def _add(self, changes: Sequence[Change | Crossing]) -> None:
        """Add changes to those found. Changes of days before the record began are never handed over."""
        rows = [
            {
                "number": number,
                "id": each.id,
                "what": json.dumps(each.what),
                "playlist_id": each.playlist_id,
                "level": each.level if isinstance(each, Crossing) else None,
                "date_before": each.date_before.isoformat(),
                "date": each.date.isoformat(),
                "is_chosen": each.date > self._since and self._rules.choose(each),
                "object": json.dumps(cells(each)),
            }
            for number, each in enumerate(changes)
        ]
        self._run(ADD, {"rows": json.dumps(rows)})

    def _withdraw(self) -> None:
        """Put what is no longer so into the outbox."""
        rows = self._run(WITHDRAWN, {"first": self._first}).fetchall()
        marks = {"correction": True, "withdrawn": True}
        objects = [json.dumps(cells(each) | marks) for each in _restored(self._published, rows)]
        self._run(WITHDRAW, {"objects": json.dumps(objects)})


class _Described(NamedTuple):
    """What is known of a track."""

    label: str | None = None
    track: str | None = None
    artists: str | None = None
    isrc: str | None = None


def _restored(published: Cursor, rows: Sequence[tuple[str, date, date]]) -> Iterator[Change | Crossing]:
    """Yield changes that are no longer published, from what identified them, with today's names."""
    playlists = playlist_names(published)
    gone = [(json.loads(what), date_before, day) for what, date_before, day in rows]
    tracks = _described(published, sorted({each for what, *_ in gone for each in what if isinstance(each, str)}))
    for what, date_before, day in gone:
        if what[0] == CROSSING:
            kind, track_id, level, value_before, value = what
            known = tracks.get(track_id, _Described())
            about = (known.label, kind, track_id, known.track, known.artists, known.isrc)
            yield Crossing(None, None, *about, level, value, value_before, date_before, day)
        else:
            playlist_id, kind, track_id, replaced = what
            known, other = tracks.get(track_id, _Described()), tracks.get(replaced, _Described())
            name, label = playlists.get(playlist_id, (playlist_id, None))
            yield Change(
                playlist_id=playlist_id,
                playlist=name,
                label=label,
                change=kind,
                track_id=track_id,
                track=known.track,
                artists=known.artists,
                isrc=known.isrc,
                position=None,
                replaced_track_id=replaced,
                replaced_track=other.track,
                date_before=date_before,
                date=day,
            )


def _described(published: Cursor, ids: Sequence[str]) -> dict[str, _Described]:
    """Return what is known of tracks; other ids are left out."""
    found: dict[str, _Described] = {}
    for start in range(0, len(ids), MOST):
        some = ", ".join(map(quoted, ids[start : start + MOST]))
        published.execute(TRACKS.format(tracks=some))
        found |= {track_id: _Described(*about) for track_id, *about in published.fetchall()}
    return found

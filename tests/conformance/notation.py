"""Histories from YAML and back, in the format that README.md explains."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import yaml

from tests.conformance.history import ONLY_LIST, Asked, Entry, History, Popularity, Read, day_number
from tests.pipeline.oracle import Stay

OUTCOMES = ("complete", "unchanged", "partial", "unavailable", "failed")
KINDS = ("track", "episode", "local")
WITH_ENTRIES = ("complete", "partial")
PARTS = {"why", "reads", "asked", "known", "not_watched", "rows", "popularities"}


class NotationError(ValueError):
    """A history does not follow the format in README.md."""


def read_folder(folder: Path) -> list[History]:
    """Return every history of every file of a folder. Raises NotationError if one is invalid."""
    histories = [
        history
        for path in sorted(folder.glob("*.yaml"))
        for history in read_text(path.read_text(encoding="utf-8"), path.name)
    ]
    names = [history.name for history in histories]
    if twice := {name for name in names if names.count(name) > 1}:
        raise NotationError(f"more than one history is called {sorted(twice)}")
    return histories


def read_text(text: str, where: str = "") -> list[History]:
    """Return the histories of a file."""
    histories = []
    for name, told in yaml.safe_load(text).items():
        try:
            histories.append(_history(name, told))
        except (KeyError, TypeError, ValueError) as error:
            raise NotationError(f"{where}: {name!r}: {error!r}") from error
    return histories


def write_text(history: History, rows: Iterable[Stay]) -> str:
    """Return a history as YAML that can be pasted into a file of histories/, with `rows` as the expected rows."""
    told: dict[str, Any] = {"why": history.why}
    told["known"] = None if history.known is None else dict(history.known)
    told["not_watched"] = sorted(history.not_watched)
    told["reads"] = [_told_read(read) for read in history.reads]
    told["asked"] = [_without_none(vars(asked)) for asked in history.asked]
    told = {part: value for part, value in told.items() if value or value == {}}
    told["rows"] = [_told_row(row) for row in rows]
    return yaml.dump({history.name: told}, Dumper=_Dumper, sort_keys=False, default_flow_style=None, width=118)


class _Dumper(yaml.SafeDumper):
    """Indents sequences as the linter requires, and repeats values instead of using anchors."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 (caller's keyword)
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 (caller's keyword)
        return True


def _history(name: str, told: Mapping[str, Any]) -> History:
    if unknown := told.keys() - PARTS:
        raise NotationError(f"unknown: {sorted(unknown)}")
    known = told.get("known")
    popularities = told.get("popularities")
    return History(
        name=name,
        why=told["why"].strip(),
        reads=tuple(_read(**read) for read in told["reads"]),
        asked=tuple(
            Asked(_day(asked["day"]), asked["track"], asked.get("popularity")) for asked in told.get("asked", ())
        ),
        known=None if known is None else {track: _day(day) for track, day in known.items()},
        not_watched=frozenset(_day(day) for day in told.get("not_watched", ())),
        rows=tuple(_row(**row) for row in told["rows"]),
        popularities=None
        if popularities is None
        else tuple(
            Popularity(row["track"], _day(row["day"]), row["popularity"], row.get("is_imported", False))
            for row in popularities
        ),
    )


def _read(
    *,
    day: Any,
    outcome: str,
    entries: list[Any] | None = None,
    arrives: Any = None,
    version: str | None = None,
    list: str = ONLY_LIST,
    source: str | None = None,
) -> Read:
    if outcome not in OUTCOMES:
        raise NotationError(f"outcome {outcome!r}: it is one of {', '.join(OUTCOMES)}")
    if outcome in WITH_ENTRIES and entries is None:
        raise NotationError(f"day {day}: a {outcome} read has entries, if only an empty list of them")
    return Read(
        list,
        _day(day),
        outcome,
        None if entries is None else tuple(_entry(entry) for entry in entries),
        version,
        None if arrives is None else _day(arrives),
        source,
    )


def _entry(told: Any) -> Entry:
    if told is None or isinstance(told, str):
        return Entry("track" if told else "null", told)
    kinds = [kind for kind in KINDS if kind in told]
    if len(kinds) != 1 or told.keys() - {*KINDS, "added_at", "popularity"}:
        raise NotationError(f"an entry is one of {', '.join(KINDS)}, with added_at and popularity: {told}")
    name = told[kinds[0]]
    kind = "null" if name is None else kinds[0]
    return Entry(kind, name, _claim(told.get("added_at")), told.get("popularity"))


def _row(
    *,
    track: str,
    first_seen: Any,
    last_seen: Any,
    first_absent: Any,
    days_seen: int,
    stay_number: int = 1,
    added_at: Any = None,
    added_at_source: str = "observed",
    starts_before_watch: bool = False,
    list: str = ONLY_LIST,
) -> Stay:
    return Stay(
        playlist_id=list,
        track_id=track,
        stay_number=stay_number,
        added_at=_day(first_seen if added_at is None else added_at),
        last_seen=_day(last_seen),
        first_seen=_day(first_seen),
        first_absent=None if first_absent is None else _day(first_absent),
        added_at_source=added_at_source,
        starts_before_watch=starts_before_watch,
        is_current=first_absent is None,
        days_seen=days_seen,
    )


def _day(told: Any) -> date:
    if isinstance(told, int):
        return day_number(told)
    if not isinstance(told, date) or isinstance(told, datetime):
        raise NotationError(f"{told!r} is no day: write its number, or YYYY-MM-DD")
    return told


def _claim(told: Any) -> str | None:
    """Return a time in the API's format; a day becomes its first second, UTC."""
    if told is None:
        return None
    moment = told if isinstance(told, datetime) else datetime.combine(_day(told), time(tzinfo=UTC))
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _told_read(read: Read) -> dict[str, Any]:
    told = _without_none(vars(read))
    if read.list == ONLY_LIST:
        del told["list"]
    if read.entries is not None:
        told["entries"] = [_told_entry(entry) for entry in read.entries]
    return told


def _told_entry(entry: Entry) -> Any:
    if entry.added_at is None and entry.popularity is None and entry.kind in ("track", "null"):
        return entry.name
    told: dict[str, Any] = {"track" if entry.kind == "null" else entry.kind: entry.name}
    if entry.added_at is not None:
        moment = datetime.fromisoformat(entry.added_at)
        told["added_at"] = moment.date() if moment.time() == time() else moment
    if entry.popularity is not None:
        told["popularity"] = entry.popularity
    return told


def _told_row(row: Stay) -> dict[str, Any]:
    told = {"list": row.playlist_id, "track": row.track_id}
    told |= {name: value for name, value in row._asdict().items() if name not in ("playlist_id", "track_id")}
    del told["is_current"]  # follows from first_absent
    if row.playlist_id == ONLY_LIST:
        del told["list"]
    return told


def _without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}

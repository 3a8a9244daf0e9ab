"""Expected rows of raw, by plain loops over landing files: the reference for every engine."""

import gzip
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

Row = tuple[Any, ...]
Envelope = dict[str, Any]


@dataclass
class Raw:
    """Rows of the tables of raw, without load numbers and with JSON parsed; and the number of unknown responses."""

    answers: list[Row] = field(default_factory=list)
    entries: list[Row] = field(default_factory=list)
    objects: list[Row] = field(default_factory=list)
    unknown: int = 0

    def sorted(self) -> "Raw":
        """Return the rows sorted by run, line and position."""
        for rows in (self.answers, self.entries, self.objects):
            rows.sort(key=lambda row: (row[0], row[1], str(row[5]).rjust(9), str(row)))
        return self


def lines_of(path: Path) -> list[Envelope]:
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


def expected(envelopes: Iterable[Envelope]) -> Raw:
    """Return the rows of these lines, each once."""
    raw = Raw()
    for envelope in envelopes:
        key = envelope["run"], envelope["line"], date.fromisoformat(envelope["day"])
        instant = datetime.fromisoformat(envelope["observed_at"]).astimezone(UTC).replace(tzinfo=None)
        asked, body = envelope["asked"], envelope["body"]
        if envelope["status"] == 200 and "ids" in asked:
            body = _split_objects(raw, envelope, key, instant)
        elif envelope["status"] == 200 and envelope["endpoint"] == "playlists" and asked.get("fields") is None:
            body = _split_list(raw, envelope, key, instant)
        elif envelope["status"] == 200 and envelope["endpoint"] == "playlist_items":
            body = _split_page(raw, envelope, key, instant)
        counts = envelope["status"], envelope["requests"]
        run, line, day = key
        raw.answers.append((run, line, envelope["worker"], day, envelope["endpoint"], asked, *counts, instant, body))
    return raw.sorted()


def _split_objects(raw: Raw, envelope: Envelope, key: Row, instant: datetime) -> Any:
    asked, body = envelope["asked"], envelope["body"]
    name = asked.get("items")
    objects = [body] if name is None else body.get(name) if isinstance(body, dict) else None
    if not isinstance(objects, list) or len(objects) != len(asked["ids"]):
        raw.unknown += 1
        return body
    for asked_id, found in zip(asked["ids"], objects, strict=True):
        raw.objects.append((*key, envelope["endpoint"], asked_id, found, instant))
    return None if name is None else {each: value for each, value in body.items() if each != name}


def _split_list(raw: Raw, envelope: Envelope, key: Row, instant: datetime) -> Any:
    body = envelope["body"]
    if not isinstance(body, dict):
        raw.unknown += 1
        return body
    pages = {name: body.get(name) for name in ("items", "tracks")}
    lists = {name: page.get("items") if isinstance(page, dict) else None for name, page in pages.items()}
    for name, entries in lists.items():
        if isinstance(entries, list) and entries:
            _add_entries(raw, envelope, key, instant, entries, 0)
            same = [other for other in lists if lists[other] == entries]
            return body | {
                other: {each: value for each, value in body[other].items() if each != "items"}
                for other in {name, *same}
            }
    raw.unknown += any(page is not None and not isinstance(page, dict) for page in pages.values()) or any(
        entries is not None and not isinstance(entries, list) for entries in lists.values()
    )
    return body


def _split_page(raw: Raw, envelope: Envelope, key: Row, instant: datetime) -> Any:
    body, offset = envelope["body"], envelope["asked"].get("offset")
    entries = body.get("items") if isinstance(body, dict) else None
    if not isinstance(entries, list) or (entries and not isinstance(offset, int)):
        raw.unknown += 1
        return body
    if not entries:
        return body
    _add_entries(raw, envelope, key, instant, entries, offset)
    return {name: value for name, value in body.items() if name != "items"}


def _add_entries(raw: Raw, envelope: Envelope, key: Row, instant: datetime, entries: list[Any], offset: Any) -> None:
    asked = envelope["asked"]
    for position, entry in enumerate(entries, offset):
        added_at = entry.get("added_at") if isinstance(entry, dict) else None
        if added_at is not None and not isinstance(added_at, str):
            added_at = json.dumps(added_at)
        raw.entries.append((*key, asked.get("playlist_id"), asked.get("attempt"), position, added_at, entry, instant))

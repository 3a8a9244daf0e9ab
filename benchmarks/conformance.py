"""conformance: the histories of tests/conformance through the peers. This project passes them all, or CI fails."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.bench import Bench
from benchmarks.peers.row_by_row import RowByRow
from benchmarks.peers.snapshot import Snapshot
from benchmarks.results import Result
from tests.conformance.history import DAYS, Entry, History, Read
from tests.conformance.notation import read_folder
from tests.pipeline.oracle import Stay

HISTORIES = Path(__file__).resolve().parent.parent / "tests" / "conformance" / "histories"

Period = tuple[str, str, str, str | None]
"""Playlist, track, first day, end: what a peer says of one stay."""


def measure(bench: Bench) -> list[Result]:
    """Those histories of which peers can be told: no answers that come late, no choice of tracks to follow."""
    histories = [
        history
        for history in read_folder(HISTORIES)
        if history.known is None and all(read.arrival == read.day for read in history.reads)
    ]
    if bench.quick:
        histories = histories[:10]
    row_by_row, snapshot = RowByRow(bench.folder), Snapshot(bench.folder)
    told = [_Told(history) for history in histories]
    for day in DAYS:
        path = bench.folder / f"{day}.ndjson.gz"
        with gzip.open(path, "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(answer) + "\n" for each in told for answer in each.answers(day))
        row_by_row.day(path, day)
        snapshot.day(path, day)
    periods: dict[str, Sequence[Period]] = {"row by row": row_by_row.periods(), "dbt snapshot": snapshot.periods()}
    row_by_row.close()
    results = []
    for peer, rows in periods.items():
        of_list: dict[str, list[Period]] = defaultdict(list)
        for row in rows:
            of_list[row[0]].append(row)
        failed = [history.name for history in histories if not _is_right(history, of_list)]
        passed = len(histories) - len(failed)
        numbers = {"histories": len(histories), "failed": failed}
        results.append(Result(f"conformance, {peer}", f"{passed} of {len(histories)} histories right", numbers=numbers))
    return results


@dataclass
class _Told:
    """A history as plain programs see it: whatever a day's read showed of a list, and nothing on other days.

    An entry without a claim gets that of the first day on which it was found since it was last missing, which is when
    a list's owner will have added it.
    """

    history: History
    complete: dict[str, Sequence[Entry]] = field(default_factory=dict)
    claims: dict[str, dict[str, str]] = field(default_factory=dict)

    def answers(self, day: date) -> list[dict[str, Any]]:
        """What was answered on a day, one list after the other; the last read of a list that showed something."""
        shown: dict[str, Sequence[Entry]] = {}
        for read in self.history.reads:
            if read.day == day and (entries := self._entries(read)) is not None:
                shown[read.list] = entries
        return [self._answer(name, entries, day) for name, entries in shown.items()]

    def _entries(self, read: Read) -> Sequence[Entry] | None:
        if read.outcome == "complete":
            self.complete[read.list] = read.entries or ()
        return self.complete.get(read.list) if read.outcome == "unchanged" else read.entries

    def _answer(self, name: str, entries: Sequence[Entry], day: date) -> dict[str, Any]:
        before = self.claims.get(name, {})
        self.claims[name] = {entry.name: before.get(entry.name, str(day)) for entry in entries if entry.name}
        items = [self._item(name, entry) for entry in entries if entry.kind in ("track", "null")]
        asked = {"playlist_id": _list_id(self.history, name)}
        return {"endpoint": "playlists", "asked": asked, "body": {"tracks": {"items": items}}}

    def _item(self, name: str, entry: Entry) -> dict[str, Any]:
        if entry.kind == "null" or not entry.name:
            return {"added_at": entry.added_at, "track": None}
        track = {"id": entry.name, "uri": f"spotify:track:{entry.name}", "name": entry.name}
        claim = entry.added_at or self.claims[name][entry.name]
        return {"added_at": claim, "track": track | {"popularity": entry.popularity}}


def _is_right(history: History, of_list: dict[str, list[Period]]) -> bool:
    """Whether a peer has one period for each stay and no other, each of which says what is known of that stay."""
    over = str(max(read.day for read in history.reads))
    periods = {name: [_while_told(each, over) for each in of_list[_list_id(history, name)]] for name in history.lists}
    stays = history.rows or ()
    if sum(map(len, periods.values())) != len(stays):
        return False
    return all(any(_fits(stay, period) for period in periods[stay.playlist_id]) for stay in stays)


def _while_told(period: Period, over: str) -> Period:
    """A period as it was when a history was over: other histories go on, and a list that is not read ends there."""
    return period if (period[3] or "") <= over else (*period[:3], None)


def _fits(stay: Stay, period: Period) -> bool:
    """A period may begin with the claim or when the track was seen, and end with its last day or its first absence."""
    _, track, begins, ends = period
    begin = {str(stay.added_at), str(stay.first_seen)}
    end = {str(stay.last_seen), str(stay.first_absent) if stay.first_absent else None}
    return track == stay.track_id and begins in begin and ends in end


def _list_id(history: History, name: str) -> str:
    return f"{history.name}/{name}"

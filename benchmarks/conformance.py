"""conformance: the histories of tests/conformance, run through the peers. In CI, this project passes them all."""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.bench import Bench
from benchmarks.peers.peer import DLT, Peer, Period, peers
from benchmarks.results import Result
from tests.conformance.history import DAYS, Entry, History, Read
from tests.conformance.notation import read_text
from tests.pipeline.oracle import Stay

HISTORIES = Path(__file__).resolve().parent.parent / "tests" / "conformance" / "histories"
QUICK_DAYS = 3


def measure(bench: Bench) -> list[Result]:
    """Return for each peer how many histories it gets right, in total and by family, and the errors of the others."""
    days = DAYS[:QUICK_DAYS] if bench.quick else DAYS
    files = sorted(HISTORIES.glob("*.yaml"))
    families = {path.stem: histories for path in files if (histories := _histories(path, days))}
    asked = peers(bench.folder, bench.environment)
    tell([history for family in families.values() for history in family], days, asked.values(), bench.folder)
    results = [result for name, peer in asked.items() for result in _judged(name, peer.periods(), families)]
    if absence := bench.environment.absence:
        results.append(Result(f"conformance, {DLT}", absence))
    return results


def _histories(path: Path, days: Sequence[date]) -> list[History]:
    """Return the histories that suit peers: no answers that come late, no choice of tracks to follow."""
    return [
        history
        for history in read_text(path.read_text(encoding="utf-8"), path.name)
        if history.known is None and all(read.arrival == read.day <= days[-1] for read in history.reads)
    ]


def tell(histories: Sequence[History], days: Sequence[date], whom: Iterable[Peer], folder: Path) -> None:
    """Feed the days of histories to peers, as landing files in a folder."""
    told = [_Told(history) for history in histories]
    for day in days:
        path = folder / f"{day}.ndjson.gz"
        with gzip.open(path, "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(answer) + "\n" for each in told for answer in each.answers(day))
        for peer in whom:
            peer.day(path, day)


def mistakes(history: History, periods: Iterable[Period]) -> set[str]:
    """Return the errors in a peer's periods of a history's tracks; none if they match the stays exactly."""
    over = str(max(read.day for read in history.reads))
    memberships: dict[tuple[str, str], tuple[list[Stay], list[Period]]] = defaultdict(lambda: ([], []))
    for stay in history.rows or ():
        memberships[_list_id(history, stay.playlist_id), stay.track_id][0].append(stay)
    for period in periods:
        if period[0].startswith(f"{history.name}/"):
            memberships[period[0], period[1]][1].append(_while_told(period, over))
    return {each for stays, told in memberships.values() for each in _mistakes(stays, told)}


def _judged(name: str, periods: Sequence[Period], families: Mapping[str, Sequence[History]]) -> list[Result]:
    results, passed = [], 0
    for family, histories in families.items():
        wrong = {history.name: found for history in histories if (found := sorted(mistakes(history, periods)))}
        counts = Counter(mistake for found in wrong.values() for mistake in found)
        told = f"{len(histories) - len(wrong)} of {len(histories)} right"
        told += "".join(f"; {mistake}: {count}" for mistake, count in counts.most_common())
        results.append(Result(f"conformance, {name}, {family}", told, numbers={"wrong": wrong}))
        passed += len(histories) - len(wrong)
    whole = f"{passed} of {sum(map(len, families.values()))} histories right"
    return [Result(f"conformance, {name}", whole), *results]


@dataclass
class _Told:
    """A history as seen by plain programs: the entries shown by a day's read of a playlist; nothing on other days.

    An entry without a claim gets the first day on which it was found since it was last missing: the day on which the
    playlist's owner probably added it.
    """

    history: History
    complete: dict[str, Sequence[Entry]] = field(default_factory=dict)
    claims: dict[str, dict[str, str]] = field(default_factory=dict)

    def answers(self, day: date) -> list[dict[str, Any]]:
        """Return the answers of a day, playlist by playlist: the last read of each that showed entries."""
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


def _while_told(period: Period, over: str) -> Period:
    """Return a period as of the history's end: other histories continue, and an unread playlist ends there."""
    return period if (period[3] or "") <= over else (*period[:3], None)


def _mistakes(stays: list[Stay], periods: list[Period]) -> Iterator[str]:
    """Yield the errors of a track in a playlist. A period may begin with the claim or sighting; its end: see `Peer`."""
    if len(periods) > len(stays):
        yield "one stay reported as several" if stays else "a stay that never existed"
    elif len(periods) < len(stays):
        yield "several stays reported as one" if periods else "a stay not reported"
    else:
        for stay, (_, _, begins, ends) in zip(stays, sorted(periods, key=lambda period: period[2:3]), strict=True):
            if begins not in (str(stay.added_at), str(stay.first_seen)):
                yield "a wrong first day"
            if ends is None and not stay.is_current:
                yield "an end not noticed"
            elif ends not in (None, str(stay.last_seen), str(stay.first_absent)):
                yield "a wrong last day"


def _list_id(history: History, name: str) -> str:
    return f"{history.name}/{name}"

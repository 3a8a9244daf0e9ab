"""The histories of histories.yaml: as a world for the simulator, reads for the oracle, and expected rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from extractor.simulator.generated import GeneratedWorld
from extractor.simulator.identifiers import spotify_id
from extractor.simulator.world import PlaylistState, Track, World
from tests.pipeline.oracle import Entry, Read, Stay

RUNS = (1, 2, 3, 4, 5, 7, 8, 8, 9, 10, 11, 12)
"""Days of January on which a run is made: none on the 6th, two on the 8th."""

OUTCOMES = {
    "c": "complete",
    "u": "unchanged",
    "p": "partial",
    "n": "unavailable",
    "f": "failed",
    "-": "not_run",
}


@dataclass(frozen=True)
class Case:
    """A history with its expected rows."""

    title: str
    playlist_id: str
    watched: tuple[tuple[int, int], ...]
    outcomes: tuple[str, ...]
    rows: tuple[Stay, ...]
    name: str | None

    @property
    def first_day(self) -> int:
        return self.watched[0][0]

    @property
    def calendar(self) -> list[tuple[date, str]]:
        return [(january(number), outcome) for number, outcome in enumerate(self.outcomes, self.first_day)]

    def is_watched(self, number: int) -> bool:
        return any(first <= number <= last for first, last in self.watched)


def january(number: int) -> date:
    return date(2026, 1, number)


def read_cases(path: Path) -> tuple[list[Case], GeneratedWorld]:
    """Return the cases of the file, and a world in which each is a playlist."""
    content: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    histories = {title: _history(case["history"]) for title, case in content.items()}
    scenario = {"first_day": january(1), "days": RUNS[-1], "histories": histories}
    ids = dict(
        zip(content, GeneratedWorld.from_text(yaml.safe_dump(scenario, sort_keys=False)).playlist_ids, strict=True)
    )
    faults = [
        fault | {"path": f"playlists/{ids[title]}{fault['path']}"}
        for title, case in content.items()
        for fault in case.get("faults", ())
    ]
    world = GeneratedWorld.from_text(yaml.safe_dump(scenario | {"faults": faults}, sort_keys=False))
    return [_case(title, ids[title], case) for title, case in content.items()], world


def reads_of(case: Case, world: World) -> Iterator[Read]:
    """Return the reads of a playlist, with the outcomes in the file and the content of the world."""
    for day, outcome in case.calendar:
        state = world.playlist(case.playlist_id, day)
        if outcome != "not_run":
            whole = outcome == "complete" and isinstance(state, PlaylistState)
            yield Read(case.playlist_id, day, outcome, entries_of(state) if whole else ())


def entries_of(state: Any) -> tuple[Entry, ...]:
    """Return the entries of a simulated playlist for the oracle."""
    entries = []
    for entry in state.entries:
        content = entry.content if entry else None
        is_track = isinstance(content, Track)
        other = content is not None and not is_track
        entries.append(Entry(content.id if isinstance(content, Track) else None, entry and entry.added_at, other))
    return tuple(entries)


def _history(history: Mapping[str, Any]) -> dict[str, Any]:
    return {**history, "days": {january(number): day for number, day in history["days"].items()}}


def _case(title: str, playlist_id: str, case: Mapping[str, Any]) -> Case:
    watched = tuple((first, last) for first, last in case.get("watched", [(RUNS[0], RUNS[-1])]))
    every_run = "".join("c" if number in RUNS else "-" for number in range(watched[0][0], RUNS[-1] + 1))
    letters = case.get("outcomes", every_run)
    assert len(letters) == len(every_run), f"{title}: {len(letters)} outcomes for {len(every_run)} days"
    rows: list[Stay] = []
    for name, *values in case["rows"]:
        first_seen, last_seen, first_absent, days_seen, added_at, source, starts_before_watch = values
        track_id = spotify_id(name)
        stay = Stay(
            playlist_id=playlist_id,
            track_id=track_id,
            stay_number=1 + sum(row.track_id == track_id for row in rows),
            added_at=january(added_at) if isinstance(added_at, int) else added_at,
            last_seen=january(last_seen),
            first_seen=january(first_seen),
            first_absent=first_absent and january(first_absent),
            added_at_source=source,
            starts_before_watch=starts_before_watch,
            is_current=first_absent is None,
            days_seen=days_seen,
        )
        rows.append(stay)
    name = case.get("name", case["history"].get("name", title))
    return Case(title, playlist_id, watched, tuple(OUTCOMES[letter] for letter in letters), tuple(rows), name)

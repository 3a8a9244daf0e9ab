"""Read the playlists of a scenario that change by themselves, and the keys that all playlists have in common."""

from datetime import date
from typing import Any

from extractor.simulator import reading
from extractor.simulator.failures import Failure
from extractor.simulator.faults import UNSET
from extractor.simulator.reading import ScenarioError, Section
from extractor.simulator.scenario import Event, GeneratedList, OwnerKind


def read_playlists(where: str, value: Any, tracks: int) -> tuple[GeneratedList, ...]:
    """Return the playlists that change by themselves; their tracks come from a catalogue of `tracks`."""
    return tuple(_generated(Section(place, spec), key, tracks) for place, key, spec in Section(where, value).items())


def _generated(spec: Section, key: Any, tracks: int) -> GeneratedList:
    made = GeneratedList(
        **list_fields(spec, key),
        size=spec.take("size", 30, reading.count),
        churn=spec.take("churn", 0.0, reading.share),
        returns=spec.take("returns", 0.0, reading.share),
        pool=spec.take("pool", (0, tracks), lambda where, value: _pool(where, value, tracks)),
        local_files=spec.take("local_files", 0, reading.count),
        episodes=spec.take("episodes", 0, reading.count),
        pseudo_episodes=spec.take("pseudo_episodes", 0, reading.count),
        list_popularity_zero=spec.take("list_popularity_zero", 0.0, reading.share),
        claims_rewritten=spec.take("claims_rewritten", False, reading.flag),
        events=spec.take("events", {}, _events),
    )
    spec.close()
    if made.size > made.pool[1] - made.pool[0]:
        first, last = made.pool
        raise ScenarioError(f"{spec.at('size')}: {made.size} entries from a pool of {last - first} tracks")
    return made


def list_fields(spec: Section, key: Any) -> dict[str, Any]:
    """Take the keys that every playlist may have: the fields of a ListSpec."""
    key = reading.name(spec.where, key)
    return {
        "key": key,
        "name": spec.take("name", key, reading.text),
        "label": spec.take("label", key, reading.text),
        "owner": spec.take("owner", OwnerKind.USER, reading.one_of(OwnerKind)),
        "stuck_snapshot": spec.take("stuck_snapshot", False, reading.flag),
    }


def _pool(where: str, value: Any, tracks: int) -> tuple[int, int]:
    match value:
        case [int(first), int(last)] if 0 <= first < last <= tracks:
            return first, last
    raise ScenarioError(f"{where}: expected [first, last] with 0 <= first < last <= {tracks} (tracks), got {value!r}")


def _events(where: str, value: Any) -> dict[date, Event]:
    return {reading.day(place, key): _event(Section(place, each)) for place, key, each in Section(where, value).items()}


def _event(event: Section) -> Event:
    made = Event(
        failure=failure(event),
        rename=event.take("rename", None, reading.text),
        nulls=event.take("nulls", 0, reading.count),
        emptied=event.take("emptied", False, reading.flag),
        claims_rewritten=event.take("claims_rewritten", False, reading.flag),
        local_files=event.take("local_files", 0, reading.count),
        episodes=event.take("episodes", 0, reading.count),
        same_snapshot=event.take("same_snapshot", False, reading.flag),
    )
    event.close()
    return made


def failure(section: Section) -> Failure | None:
    """Take the keys that make a playlist unreadable on a day."""
    status = section.take("status", None, reading.status)
    body = section.take("body", UNSET, reading.anything)
    if status is None:
        if body is not UNSET:
            raise ScenarioError(f"{section.at('body')}: needs a status beside it")
        return None
    return Failure.usual(status) if body is UNSET else Failure(status, body)

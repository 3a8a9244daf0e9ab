"""Read the playlists of a scenario whose days are written out."""

from datetime import date
from typing import Any

from extractor.simulator import reading
from extractor.simulator.playlist_reader import failure, list_fields
from extractor.simulator.reading import ScenarioError, Section
from extractor.simulator.scenario import Claim, History, Kind, Padding, WrittenDay, WrittenEntry

# Keys of an entry; `null` names a track that is hidden.
ENTRY_KEYS: dict[str, Kind | None] = {**{kind.value: kind for kind in Kind}, "null": None}


def read_histories(where: str, value: Any) -> tuple[History, ...]:
    """Return the playlists whose days are written out."""
    return tuple(_history(Section(place, spec), key) for place, key, spec in Section(where, value).items())


def _history(spec: Section, key: Any) -> History:
    history = History(
        **list_fields(spec, key),
        days=spec.take("days", {}, _written_days),
        pad_to=spec.take("pad_to", 0, reading.count),
        padding=spec.take("padding", Padding.AFTER, reading.one_of(Padding)),
    )
    spec.close()
    if not history.days:
        raise ScenarioError(f"{spec.at('days')}: expected at least one day")
    return history


def _written_days(where: str, value: Any) -> dict[date, WrittenDay]:
    days = {reading.day(place, key): _written_day(place, day) for place, key, day in Section(where, value).items()}
    return dict(sorted(days.items()))


def _written_day(where: str, value: Any) -> WrittenDay:
    if value == "same":
        return WrittenDay()
    if isinstance(value, list):
        return WrittenDay(_entries(where, value))
    day = Section(where, value)
    written = WrittenDay(
        entries=day.take("entries", None, _entries),
        failure=failure(day),
        name=day.take("name", None, reading.text),
        same_snapshot=day.take("same_snapshot", False, reading.flag),
    )
    day.close()
    return written


def _entries(where: str, value: Any) -> tuple[WrittenEntry | None, ...]:
    if not isinstance(value, list):
        raise ScenarioError(f"{where}: expected a list of entries, got {value!r}")
    return tuple(_entry(f"{where}[{position}]", entry) for position, entry in enumerate(value))


def _entry(where: str, value: Any) -> WrittenEntry | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        return WrittenEntry(Kind.TRACK, reading.name(where, value))
    # YAML reads an unquoted key `null:` as null, not as a text.
    entry = Section(where, {"null" if key is None else key: each for key, each in value.items()})
    held = [(key, hidden) for key, hidden in ENTRY_KEYS.items() if key in entry]
    if len(held) != 1:
        raise ScenarioError(f"{where}: expected exactly one of {', '.join(ENTRY_KEYS)}, got {value!r}")
    key, kind = held[0]
    written = WrittenEntry(
        kind=kind or Kind.TRACK,
        name=entry.take(key, "", reading.name),
        hidden=kind is None,
        added_at=entry.take("added_at", Claim.START_OF_RUN, _claim),
        popularity=entry.take("popularity", None, _popularity) if kind is Kind.TRACK else None,
    )
    entry.close()
    return written


def _claim(where: str, value: Any) -> str | Claim | None:
    return None if value is None else reading.instant(where, value)


def _popularity(where: str, value: Any) -> int | None:
    if reading.count(where, value) > 100:
        raise ScenarioError(f"{where}: expected a number from 0 to 100, got {value!r}")
    return int(value)

"""Playlists that change by themselves: entries are removed, others are added, and some of the removed ones return."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from extractor.simulator.identifiers import randomness
from extractor.simulator.playlists import DayContent, Slot
from extractor.simulator.scenario import Event, GeneratedList, Kind

# How many days before the first day the oldest entry of a playlist may have been added.
OLDEST_DAYS = 400
NOTHING = Event()


def generated_contents(spec: GeneratedList, seed: str, first_day: date, pool: Sequence[str]) -> Iterator[DayContent]:
    """Yield the days of a playlist, without end; `pool` holds the ids of the tracks to choose from."""
    name, was_emptied = spec.name, False
    slots, gone = _first_slots(spec, seed, first_day, pool), list[str]()
    for number in itertools.count():
        day = first_day + timedelta(days=number)
        event = spec.events.get(day, NOTHING)
        chance = randomness(seed, spec.key, day)
        if number > 0:
            slots, left = _churned(spec, slots, gone, pool, chance, day)
            gone += left
        slots += _extras(spec.key, Kind.LOCAL, event.local_files, chance, day)
        slots += _extras(spec.key, Kind.EPISODE, event.episodes, chance, day)
        if event.claims_rewritten or spec.claims_rewritten or (was_emptied and not event.emptied):
            # Refilling an emptied playlist adds every entry again; some of Spotify's own playlists are rewritten daily.
            slots = [replace(slot, added_at=_moment(chance, day)) for slot in slots]
        was_emptied = event.emptied
        name = event.rename or name
        shown = [] if event.emptied else _hide(slots, event.nulls, chance)
        yield DayContent(name, tuple(shown), event.failure, event.same_snapshot)


def _first_slots(spec: GeneratedList, seed: str, first_day: date, pool: Sequence[str]) -> list[Slot]:
    chance = randomness(seed, spec.key, "first")
    slots = [_slot(spec, track_id, chance, _earlier(chance, first_day)) for track_id in chance.sample(pool, spec.size)]
    extras = (
        (Kind.LOCAL, spec.local_files),
        (Kind.EPISODE, spec.episodes),
        (Kind.PSEUDO_EPISODE, spec.pseudo_episodes),
    )
    for kind, number in extras:
        for extra in _extras(spec.key, kind, number, chance, _earlier(chance, first_day)):
            slots.insert(chance.randint(0, len(slots)), extra)
    return slots


def _churned(
    spec: GeneratedList, slots: list[Slot], gone: list[str], pool: Sequence[str], chance: Random, day: date
) -> tuple[list[Slot], list[str]]:
    """Replace a share of the tracks; return the slots of the day and the removed tracks."""
    left = [slot.key for slot in slots if slot.kind is Kind.TRACK and chance.random() < spec.churn]
    stayed = [slot for slot in slots if slot.kind is not Kind.TRACK or slot.key not in left]
    present = {slot.key for slot in stayed}
    former = [track_id for track_id in dict.fromkeys(gone) if track_id not in present]
    known = present.union(gone, left)
    new = [track_id for track_id in pool if track_id not in known]
    spare = list(left)
    for _ in left:
        # A playlist that has used up its pool can only repeat tracks.
        source = former if former and (not new or chance.random() < spec.returns) else new or spare
        stayed.append(_slot(spec, source.pop(chance.randrange(len(source))), chance, day))
    return stayed, left


def _slot(spec: GeneratedList, track_id: str, chance: Random, day: date) -> Slot:
    quiet = randomness(spec.key, track_id, "quiet").random() < spec.list_popularity_zero
    return Slot(Kind.TRACK, track_id, _moment(chance, day), popularity=0 if quiet else None)


def _extras(key: str, kind: Kind, number: int, chance: Random, day: date) -> list[Slot]:
    return [Slot(kind, f"{key} {kind} {day} {each}", _moment(chance, day)) for each in range(number)]


def _hide(slots: list[Slot], number: int, chance: Random) -> list[Slot]:
    tracks = [position for position, slot in enumerate(slots) if slot.kind is Kind.TRACK]
    hidden = set(chance.sample(tracks, min(number, len(tracks))))
    return [replace(slot, hidden=position in hidden) for position, slot in enumerate(slots)]


def _earlier(chance: Random, day: date) -> date:
    return day - timedelta(days=chance.randrange(OLDEST_DAYS))


def _moment(chance: Random, day: date) -> str:
    hours, rest = divmod(chance.randrange(86_400), 3600)
    return f"{day}T{hours:02}:{rest // 60:02}:{rest % 60:02}Z"

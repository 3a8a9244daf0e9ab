"""Random histories of playlists, and what an import may conclude from each layout of them, in plain loops."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from extractor.landing.reader import envelopes
from extractor.simulator.identifiers import spotify_id
from tests.pipeline.oracle import Entry

FIRST_DAY = datetime(2024, 2, 20, tzinfo=UTC)
SPOTIFY = "37i9dQZF1DX"


@dataclass(frozen=True)
class Snapshot:
    """What a playlist held at an instant. `followers` moves without a change of the entries."""

    playlist_id: str
    at: datetime
    entries: tuple[Entry, ...]
    owner: str
    followers: int

    @property
    def name(self) -> str:
        return f'List "{self.playlist_id[-3:]}", ä'


class Imported(NamedTuple):
    """A read as it landed: its outcome, and the entries."""

    playlist_id: str
    day: date
    at: datetime
    outcome: str
    entries: tuple[Entry, ...]


def generate(seed: int, playlists: int = 10, days: int = 25) -> list[Snapshot]:
    """Return snapshots in the order of time. Tracks come, go, return, are hidden by null entries; claims change."""
    random = Random(seed)
    found: list[Snapshot] = []
    for number in range(playlists):
        owner = "spotify" if number % 5 == 4 else "curator"
        prefix = SPOTIFY if number % 5 == 3 else ""
        playlist_id = prefix + spotify_id(f"{seed} {number}")[len(prefix) :]
        found += _history(random, playlist_id, owner, days)
    return sorted(found, key=lambda snapshot: (snapshot.at, snapshot.playlist_id))


def _history(random: Random, playlist_id: str, owner: str, days: int) -> list[Snapshot]:
    held = {_track(playlist_id, number): _claim(FIRST_DAY, random) for number in range(random.randint(0, 8))}
    hidden: set[str] = set()
    found: list[Snapshot] = []
    followers = 100
    for day in range(days):
        for hour in sorted(random.sample(range(24), random.choice((0, 1, 1, 1, 2)))):
            at = FIRST_DAY + timedelta(days=day, hours=hour, minutes=random.randrange(60))
            _change(random, playlist_id, held, hidden, at)
            followers += random.choice((0, 0, 1))
            entries = [Entry(None if track in hidden else track, claim) for track, claim in held.items()]
            if random.random() < 0.2 and entries:
                entries.append(random.choice(entries))
            if random.random() < 0.2:
                entries.insert(random.randint(0, len(entries)), Entry(None, _claim(at, random), other=True))
            found.append(Snapshot(playlist_id, at, tuple(entries), owner, followers))
    return found


def _change(random: Random, playlist_id: str, held: dict[str, str], hidden: set[str], at: datetime) -> None:
    for track in list(held):
        if random.random() < 0.06:
            del held[track]
        elif random.random() < 0.25:
            hidden.symmetric_difference_update({track} if track in hidden or random.random() < 0.4 else ())
    for number in range(12):
        if random.random() < 0.06:
            held.setdefault(_track(playlist_id, number), _claim(at, random))
    if random.random() < 0.04:
        held.update(dict.fromkeys(held, _claim(at, random)))
    if random.random() < 0.03:
        held.clear()
    if random.random() < 0.2:
        order = random.sample(list(held), len(held))
        claims = dict(held)
        held.clear()
        held.update({track: claims[track] for track in order})


def _track(playlist_id: str, number: int) -> str:
    return spotify_id(f"{playlist_id if number < 6 else ''} track {number}")


def _claim(at: datetime, random: Random) -> str:
    return f"{at - timedelta(hours=random.randrange(30)):%Y-%m-%dT%H:%M:%SZ}"


def of_archive(snapshots: Iterable[Snapshot]) -> list[Imported]:
    """Return the reads that a git archive of these snapshots proves: one for each change of a playlist's file."""
    found: list[Imported] = []
    for reads in _by_playlist(snapshots):
        changed: list[Snapshot] = []
        for read in reads:
            kept = tuple(entry for entry in read.entries if entry.track_id)
            if not changed or (kept, read.followers) != (changed[-1].entries, changed[-1].followers):
                changed.append(Snapshot(read.playlist_id, read.at, kept, read.owner, read.followers))
        is_spotifys = changed[0].owner == "spotify" or changed[0].playlist_id.startswith("37i9dQZ")
        nulls = [list[str]() for _ in changed] if is_spotifys else restored([read.entries for read in changed])
        for read, claims in zip(changed, nulls, strict=True):
            entries = read.entries + tuple(Entry(None, claim) for claim in sorted(claims))
            found.append(Imported(read.playlist_id, read.at.date(), read.at, "complete", entries))
    return sorted(found)


def restored(reads: Sequence[Sequence[Entry]]) -> list[list[str]]:
    """Return the claims of null entries that each of consecutive reads must have had."""
    found = [list[str]() for _ in reads]
    for left in range(len(reads)):
        for track in {entry.track_id for entry in reads[left]}:
            back = next((each for each in range(left + 1, len(reads)) if _claims(reads[each], track)), left)
            if back <= left + 1 or any(
                _is_rewritten(reads[each - 1], reads[each]) for each in range(left + 1, back + 1)
            ):
                continue
            common = _claims(reads[left], track) & _claims(reads[back], track) - {None}
            for between in range(left + 1, back):
                found[between] += [claim for claim in common if claim]
    return found


def _claims(read: Iterable[Entry], track: str | None) -> set[str | None]:
    return {entry.added_at for entry in read if entry.track_id == track}


def _is_rewritten(before: Sequence[Entry], now: Sequence[Entry]) -> bool:
    both = {entry.track_id for entry in before} & {entry.track_id for entry in now}
    changed = [track for track in both if not _claims(before, track) & _claims(now, track)]
    return len(changed) * 2 > len(both)


def _by_playlist(snapshots: Iterable[Snapshot]) -> list[list[Snapshot]]:
    found: dict[str, list[Snapshot]] = {}
    for snapshot in snapshots:
        found.setdefault(snapshot.playlist_id, []).append(snapshot)
    return list(found.values())


def landed(landing: Path) -> list[Imported]:
    """Return the reads in the landing files of imports, by time to the second."""
    found: list[Imported] = []
    for path in landing.glob("????-??-??/import-*.ndjson.gz"):
        bodies: dict[tuple[str, int], tuple[Entry, ...]] = {}
        lines = [envelope for _, envelope in envelopes(path)]
        assert [lines[0]["body"]["event"], lines[-1]["body"]["event"]] == ["start", "end"]
        for line in lines[1:-1]:
            playlist_id, body = line["asked"]["playlist_id"], line["body"]
            if line["endpoint"] == "playlists":
                bodies[playlist_id, line["asked"]["attempt"]] = tuple(map(_entry, body["items"]["items"]))
            else:
                at = datetime.fromisoformat(line["observed_at"]).replace(microsecond=0)
                entries = bodies.pop((playlist_id, body["attempt"]))
                assert body["entries"] == len(entries)
                day = date.fromisoformat(line["day"])
                found.append(Imported(playlist_id, day, at, body["outcome"], entries))
        assert not bodies
    return sorted(found, key=lambda read: (read.playlist_id, read.at, read.outcome))


def _entry(entry: dict[str, Any]) -> Entry:
    item, claim = entry["item"], entry["added_at"]
    if item is None:
        return Entry(None, claim)
    is_track = item["uri"].startswith("spotify:track:")
    return Entry(item["id"] if is_track else None, claim, other=not is_track)

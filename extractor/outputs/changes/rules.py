"""Rules of `on_change`: look up what they name, and choose changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from extractor.config.on_change import Rule
from extractor.config.settings import Config
from extractor.config.watch_list import LINK, SPOTIFY_ID, WatchList, read_watch_list, spotify_id
from extractor.engines.duckdb.files import quoted
from extractor.engines.published import Cursor
from extractor.engines.registry import target_of
from extractor.errors import ConfigError
from extractor.outputs.changes.crossings import Crossing
from extractor.outputs.changes.read import Change

# By kind, queries for ids: the second is asked if the first finds none. Anything may be renamed, and a name may become
# that of several: a rule stays valid with earlier names, and is about all that have the name.
BY_NAME = {
    "playlist": (
        "select playlist_id from playlists where {name} in (lower(trim(playlist_name)), lower(trim(label)))",
        "select distinct playlist_id from playlist_history where lower(trim(playlist_name)) = {name}",
    ),
    "artist": (
        "select artist_id from artists where lower(trim(artist_name)) = {name}",
        "select distinct artist_id from track_artists where lower(trim(artist_name)) = {name}",
    ),
    "track": (
        "select track_id from track_info where {name} in (lower(trim(track_name)), lower(trim(label)))",
        "select distinct track_id from track_info_history where lower(trim(track_name)) = {name}",
    ),
}
PLAYLIST_WITH_ID = "select playlist_id from playlists where playlist_id = {playlist_id}"
BY_LABEL = {
    "playlist": "select playlist_id from playlists where lower(trim(label)) = {name}",
    "track": "select track_id from track_info where lower(trim(label)) = {name}",
}
TRACKS_OF_ARTISTS = "select track_id from track_artists where artist_id in ({artists})"
HOLDERS = """
select track_id, playlist_id, first_seen, first_absent from tracks_in_playlist where playlist_id in ({playlists})
"""


@dataclass(frozen=True)
class Choice:
    """A rule with the ids of what it names; None for a key that the rule does not have."""

    rule: Rule
    playlists: frozenset[str] | None = None
    tracks: frozenset[str] | None = None
    of_artists: frozenset[str] | None = None
    labelled: frozenset[str] | None = None

    def holds(self, change: Change | Crossing, playlists: set[str], tracks: set[str]) -> bool:
        """Return whether all keys of the rule hold for a change of these playlists and tracks."""
        return (
            self.rule.popularity == (change.level if isinstance(change, Crossing) else None)
            and (not self.rule.changes or change.change in self.rule.changes)
            and (self.playlists is None or not self.playlists.isdisjoint(playlists))
            and (self.tracks is None or not self.tracks.isdisjoint(tracks))
            and (self.of_artists is None or not self.of_artists.isdisjoint(tracks))
            and (self.labelled is None or not self.labelled.isdisjoint(playlists | tracks))
        )


class Rules:
    """The rules of a configuration, looked up in what is published."""

    def __init__(self, config: Config, published: Cursor) -> None:
        """Raise ConfigError, naming the key, for a rule that names nothing known."""
        self._choices = list(_Names(config, published).choices(config.on_change.rules))
        crossing = [each for each in self._choices if each.rule.popularity is not None]
        no_ids: frozenset[str] = frozenset()
        playlists = no_ids.union(*((each.playlists or no_ids) | (each.labelled or no_ids) for each in crossing))
        self._holders: dict[str, list[tuple[str, date, date | None]]] = defaultdict(list)
        if playlists:
            published.execute(HOLDERS.format(playlists=", ".join(map(quoted, sorted(playlists)))))
            for track_id, *stay in published.fetchall():
                self._holders[track_id].append((stay[0], stay[1], stay[2]))

    def choose(self, change: Change | Crossing) -> bool:
        """Return whether a rule chooses a change; without rules, every change of a playlist is chosen."""
        if isinstance(change, Change):
            playlists = {change.playlist_id}
            tracks = {change.track_id} | ({change.replaced_track_id} if change.replaced_track_id else set())
        else:
            playlists, tracks = set(self._playlists_with(change.track_id, change.date)), {change.track_id}
        return not self._choices or any(each.holds(change, playlists, tracks) for each in self._choices)

    def _playlists_with(self, track_id: str, day: date) -> Iterator[str]:
        for playlist_id, first_seen, first_absent in self._holders.get(track_id, ()):
            if first_seen <= day and (first_absent is None or day < first_absent):
                yield playlist_id


def check_rules(config: Config) -> list[str]:
    """Return a warning for each name that can't be looked up yet, because nothing is published.

    Raises ConfigError, naming the key, for a rule that names nothing known.
    """
    if not config.on_change.rules:
        return []
    target = target_of(config)
    report = target.report(config)
    if report.at is not None and not report.problems:
        with target.reading(config) as published:
            list(_Names(config, published).choices(config.on_change.rules))
        return []
    names = _Names(config, None)
    list(names.choices(config.on_change.rules))
    return names.unknown


class _Names:
    """Looks up names in the watch list, and in what is published. `unknown` has what only the latter can tell."""

    def __init__(self, config: Config, published: Cursor | None) -> None:
        self._watched: WatchList = read_watch_list(replace(config, batch_number=1, batch_size=None))
        self._published = published
        self.unknown: list[str] = []

    def choices(self, rules: Sequence[Rule]) -> Iterator[Choice]:
        for number, rule in enumerate(rules):
            where = f"on_change.rules[{number}]"
            found = {
                kind: self._ids_of(kind, name, f"{where}.{kind}")
                for kind, name in (("playlist", rule.playlist), ("artist", rule.artist), ("track", rule.track))
                if name is not None
            }
            yield Choice(
                rule,
                playlists=found.get("playlist"),
                tracks=found.get("track"),
                of_artists=self._tracks_of(found["artist"]) if "artist" in found else None,
                labelled=self._labelled(rule.label, f"{where}.label") if rule.label is not None else None,
            )

    def _ids_of(self, kind: str, name: str, where: str) -> frozenset[str]:
        """Return the ids that a name may mean. An artist or a track may be named by id before it is first seen."""
        is_id = SPOTIFY_ID.fullmatch(name.strip()) or LINK.fullmatch(name.strip().split("?")[0])
        given = spotify_id(name, kind, where) if is_id else ""
        if given and (kind != "playlist" or given in self._watched.playlists):
            return frozenset((given,))
        with_id = PLAYLIST_WITH_ID.format(playlist_id=quoted(given))
        if ids := self._ask(with_id) if given else self._with_name(kind, name):
            return frozenset(ids)
        if self._published is None and not given:
            self.unknown.append(f"{where}: {name!r} can't be checked before anything is published")
            return frozenset()
        hint = "correct it" if given else "correct it, or give its id"
        raise ConfigError(f"{where}: {name!r} is no {kind} that is watched or published; {hint}")

    def _tracks_of(self, artists: frozenset[str]) -> frozenset[str]:
        shown = ", ".join(map(quoted, sorted(artists)))
        return frozenset(self._ask(TRACKS_OF_ARTISTS.format(artists=shown)) if artists else ())

    def _with_name(self, kind: str, name: str) -> list[str]:
        labelled = self._watched_as(kind, name)
        for query in BY_NAME[kind]:
            published = self._ask(query.format(name=f"lower(trim({quoted(name)}))"))
            if labelled or published:
                return sorted({*labelled, *published})
        return []

    def _labelled(self, label: str, where: str) -> frozenset[str]:
        found = [
            each
            for kind, query in BY_LABEL.items()
            for each in self._watched_as(kind, label) + self._ask(query.format(name=f"lower(trim({quoted(label)}))"))
        ]
        if not found:
            raise ConfigError(f"{where}: no playlist or track of the watch list has the label {label!r}")
        return frozenset(found)

    def _watched_as(self, kind: str, label: str) -> list[str]:
        watched = {"playlist": self._watched.playlists, "track": self._watched.tracks}.get(kind, {})
        return [each for each, given in watched.items() if given.strip().lower() == label.strip().lower()]

    def _ask(self, query: str) -> list[str]:
        if self._published is None:
            return []
        self._published.execute(query)
        return [str(found) for (found,) in self._published.fetchall()]

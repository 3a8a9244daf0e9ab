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

NAMED = 5
"""Ids that an error names."""

# By kind, queries for ids: the second is asked if the first finds none. An owner may rename a playlist at any time:
# its earlier names keep a rule valid.
BY_NAME = {
    "playlist": (
        "select playlist_id from playlists where {name} in (lower(trim(playlist_name)), lower(trim(label)))",
        "select distinct playlist_id from playlist_history where lower(trim(playlist_name)) = {name}",
    ),
    "artist": ("select artist_id from artists where lower(trim(artist_name)) = {name}",),
    "track": ("select track_id from track_info where {name} in (lower(trim(track_name)), lower(trim(label)))",),
}
BY_ID = {
    "playlist": "select playlist_id from playlists where playlist_id = {spotify_id}",
    "artist": "select artist_id from artists where artist_id = {spotify_id}",
    "track": "select track_id from track_info where track_id = {spotify_id}",
}
BY_LABEL = {
    "playlist": "select playlist_id from playlists where lower(trim(label)) = {name}",
    "track": "select track_id from track_info where lower(trim(label)) = {name}",
}
TRACKS_OF_ARTIST = "select track_id from track_artists where artist_id = {artist}"
HOLDERS = """
select track_id, playlist_id, first_seen, first_absent from tracks_in_playlist where playlist_id in ({playlists})
"""


@dataclass(frozen=True)
class Choice:
    """A rule with the ids of what it names; None for a key that the rule does not have."""

    rule: Rule
    playlist: str | None = None
    track: str | None = None
    artist: str | None = None
    of_artist: frozenset[str] = frozenset()
    labelled: frozenset[str] = frozenset()

    def holds(self, change: Change | Crossing, playlists: set[str], tracks: set[str]) -> bool:
        """Return whether all keys of the rule hold for a change of these playlists and tracks."""
        return (
            self.rule.popularity == (change.level if isinstance(change, Crossing) else None)
            and (not self.rule.changes or change.change in self.rule.changes)
            and (self.playlist is None or self.playlist in playlists)
            and (self.track is None or self.track in tracks)
            and (self.artist is None or not tracks.isdisjoint(self.of_artist))
            and (self.rule.label is None or not self.labelled.isdisjoint(playlists | tracks))
        )


class Rules:
    """The rules of a configuration, looked up in what is published."""

    def __init__(self, config: Config, published: Cursor) -> None:
        """Raise ConfigError, naming the key, for a rule that names nothing known, or several things."""
        self._choices = list(_Names(config, published).choices(config.on_change.rules))
        crossing = [each for each in self._choices if each.rule.popularity is not None]
        playlists = {each.playlist for each in crossing if each.playlist}.union(*(each.labelled for each in crossing))
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

    Raises ConfigError, naming the key, for a rule that names nothing known, or several things.
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
                kind: self._id_of(kind, name, f"{where}.{kind}")
                for kind, name in (("playlist", rule.playlist), ("artist", rule.artist), ("track", rule.track))
                if name is not None
            }
            artist = found.get("artist")
            tracks = self._ask(TRACKS_OF_ARTIST.format(artist=quoted(artist))) if artist else []
            labelled = self._labelled(rule.label, f"{where}.label") if rule.label is not None else []
            yield Choice(rule, **found, of_artist=frozenset(tracks), labelled=frozenset(labelled))

    def _id_of(self, kind: str, name: str, where: str) -> str:
        is_id = SPOTIFY_ID.fullmatch(name.strip()) or LINK.fullmatch(name.strip().split("?")[0])
        ids = self._with_id(kind, spotify_id(name, kind, where)) if is_id else self._with_name(kind, name)
        if len(ids) > 1:
            shown = ", ".join(ids[:NAMED]) + (f", and {len(ids) - NAMED} more" if len(ids) > NAMED else "")
            raise ConfigError(f"{where}: {name!r} is ambiguous; give the id of one: {shown}")
        if ids:
            return ids[0]
        if self._published is None and not (is_id and kind == "playlist"):
            self.unknown.append(f"{where}: {name!r} can't be checked before anything is published")
            return ""
        raise ConfigError(f"{where}: {name!r} is no {kind} that is watched or published; correct it, or give its id")

    def _with_id(self, kind: str, given: str) -> list[str]:
        watched = {"playlist": self._watched.playlists, "track": self._watched.tracks}.get(kind, {})
        return [given] if given in watched else self._ask(BY_ID[kind].format(spotify_id=quoted(given)))

    def _with_name(self, kind: str, name: str) -> list[str]:
        labelled = self._watched_as(kind, name)
        for query in BY_NAME[kind]:
            published = self._ask(query.format(name=f"lower(trim({quoted(name)}))"))
            if labelled or published:
                return sorted({*labelled, *published})
        return []

    def _labelled(self, label: str, where: str) -> list[str]:
        found = [
            each
            for kind, query in BY_LABEL.items()
            for each in self._watched_as(kind, label) + self._ask(query.format(name=f"lower(trim({quoted(label)}))"))
        ]
        if not found:
            raise ConfigError(f"{where}: no playlist or track of the watch list has the label {label!r}")
        return found

    def _watched_as(self, kind: str, label: str) -> list[str]:
        watched = {"playlist": self._watched.playlists, "track": self._watched.tracks}.get(kind, {})
        return [each for each, given in watched.items() if given.strip().lower() == label.strip().lower()]

    def _ask(self, query: str) -> list[str]:
        if self._published is None:
            return []
        self._published.execute(query)
        return [str(found) for (found,) in self._published.fetchall()]

"""The configuration `on_change`: a command, and rules that choose which changes it gets."""

from __future__ import annotations

from dataclasses import dataclass, fields

from extractor.errors import ConfigError, suggestion

KINDS = ("added", "returned", "replaced", "removed")
"""Kinds of changes of a playlist, in the order in which they are listed."""


@dataclass(frozen=True)
class Rule:
    """A rule chooses a change if all of its keys hold.

    `playlist`, `artist` and `track` are ids, URIs, links, labels or names. Playlists and tracks may share a `label`.
    With `popularity`, the rule chooses tracks whose popularity crosses this level, instead of changes of playlists.
    """

    playlist: str | None = None
    artist: str | None = None
    track: str | None = None
    label: str | None = None
    changes: tuple[str, ...] = ()
    popularity: int | None = None

    def check(self, where: str) -> None:
        """Raise ConfigError, naming the key, for a rule that chooses nothing."""
        if self == Rule():
            raise ConfigError(f"{where}: names nothing; use one of {', '.join(field.name for field in fields(self))}")
        for name in ("playlist", "artist", "track", "label"):
            if (value := getattr(self, name)) is not None and not value.strip():
                raise ConfigError(f"{where}.{name}: is empty")
        for kind in self.changes:
            if kind not in KINDS:
                raise ConfigError(f"{where}.changes: {kind!r} is no kind of change; {suggestion(kind, KINDS)}")
        if self.popularity is None:
            return
        if not 1 <= self.popularity <= 100:
            raise ConfigError(f"{where}.popularity: must be a level from 1 to 100, not {self.popularity}")
        if self.changes:
            raise ConfigError(f"{where}.changes: does not apply to popularity; make it a rule of its own")


@dataclass(frozen=True)
class OnChange:
    """A command to run after a day that was published, and rules; without rules the command gets every change."""

    command: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()

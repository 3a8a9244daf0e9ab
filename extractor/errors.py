"""The exceptions of the package. Each has a message for the user and the exit code of the run."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from datetime import datetime


class ExtractorError(Exception):
    """Base class: the run failed and published nothing. The message says what happened and how to fix it."""

    exit_code = 1


class ConfigError(ExtractorError):
    """The configuration, a seed or an argument is invalid. The message names the file and the key or line."""

    exit_code = 2


class NothingToWatchError(ConfigError):
    """The watch list is empty."""


class CredentialsError(ExtractorError):
    """Credentials are missing, or Spotify refused them."""

    exit_code = 2


class FileError(ExtractorError):
    """A small file can't be written or removed. The message names it; its earlier content is unchanged."""


class LandingError(ExtractorError):
    """A landing file can't be read or written. The message names the file and the line."""


class OutputError(ExtractorError):
    """What a command prints, and no one else has, can't be written."""


class WarehouseError(ExtractorError):
    """The warehouse or the published database can't be opened or written."""


class BuildError(ExtractorError):
    """dbt reported errors or failing tests, so nothing is published."""


class ExportError(ExtractorError):
    """An export can't be written. The message names the folder."""


class QueryError(ExtractorError):
    """A query failed. The message is the database's."""

    exit_code = 2


class StoppedByQuota(ExtractorError):
    """The rate limit or the daily budget is used up.

    All responses so far are landed. Running the same command after `until` (UTC) resumes the day. `by_spotify` is
    true for a rate limit of Spotify, false for the budget of the configuration.
    """

    exit_code = 75

    def __init__(self, reason: str, until: datetime, *, by_spotify: bool = False) -> None:
        super().__init__(f"{reason}: continue after {until:%Y-%m-%d %H:%M} UTC with the same command")
        self.until = until
        self.by_spotify = by_spotify


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return a hint for an unknown word: the known word most like it, or all known words."""
    words = list(known)
    near = difflib.get_close_matches(word, words, 1)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(words)}"


def counted(number: int, thing: str) -> str:
    """Return a number of things as text."""
    return f"{number:,} {thing}" + ("" if number == 1 else "s")


MOST_SHOWN = 200
"""Characters shown of a message from elsewhere."""


CONTROLS = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
"""Characters that move a cursor, end a line, turn the direction of writing or can't be seen; halves of characters.

Not those that join emojis, or the letters of some scripts.
"""


def visible(text: str) -> str:
    """Return a text without power over a terminal or a log: control characters other than newline as in JSON."""
    return CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


PARTLY_READ = 3
"""Exit code of a run that published, but could not read some playlists or tracks; `playlist_days` shows which."""

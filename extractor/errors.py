"""Everything that can go wrong, as a small family: what happened, what to do, and the exit code of the run."""

from __future__ import annotations

from datetime import datetime


class ExtractorError(Exception):
    """A failure with nothing published. The message says what happened and what to do about it."""

    exit_code = 1


class ConfigError(ExtractorError):
    """Configuration, seeds or usage: the message names the file and the key or line."""

    exit_code = 2


class NothingToWatchError(ConfigError):
    """The watch-list is empty."""


class CredentialsError(ExtractorError):
    """No credentials, or Spotify refused them."""

    exit_code = 2


class LandingError(ExtractorError):
    """A landing file can't be written or read: the message names file and line."""


class WarehouseError(ExtractorError):
    """The warehouse or the published database can't be opened or written."""


class BuildError(ExtractorError):
    """dbt ended with errors or failing tests: nothing is published."""


class ExportError(ExtractorError):
    """Files for other tools can't be written: the message names the folder."""


class QueryError(ExtractorError):
    """A query can't be run: the message is the database's."""

    exit_code = 2


class StoppedByQuota(ExtractorError):
    """Asking on would mean waiting too long. What was read is landed; the same command later asks for the rest."""

    exit_code = 75

    def __init__(self, reason: str, until: datetime, *, by_spotify: bool = False) -> None:
        super().__init__(f"{reason}: continue after {until:%Y-%m-%d %H:%M} UTC with the same command")
        self.until = until
        self.by_spotify = by_spotify


PARTLY_READ = 3
"""Exit code of a run in which some lists or tracks could not be read: published, and the calendar says which."""

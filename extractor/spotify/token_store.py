"""Store a user's login between runs: the refresh token, and since when and until when it is valid."""

from __future__ import annotations

import calendar
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

from extractor.errors import CredentialsError, FileError
from extractor.files import room_for

LIFETIME_MONTHS = 6
"""Lifetime from the authorisation on; renewing the token does not extend it."""

WARN_BEFORE = timedelta(days=30)

ROOM_BYTES = 4096
"""More than a stored token needs."""


NO_HOME = Path("/nonexistent")
"""The home of users that have none."""


@dataclass(frozen=True)
class UserToken:
    """A refresh token, and since when it is valid.

    `client_id`: the app it was obtained for; null if unknown. `authorised_on`: the day of the login, or, of a token
    from the environment, the day it was first exchanged; null before.
    """

    refresh_token: str = field(repr=False)
    client_id: str | None = field(default=None, repr=False)
    authorised_on: date | None = None

    @property
    def ends_on(self) -> date | None:
        """Return the last day on which it can be valid; None if unknown."""
        if self.authorised_on is None:
            return None
        months = self.authorised_on.month - 1 + LIFETIME_MONTHS
        year, month = self.authorised_on.year + months // 12, months % 12 + 1
        return date(year, month, min(self.authorised_on.day, calendar.monthrange(year, month)[1]))

    def fits(self, client_id: str | None) -> bool:
        """Return whether it may belong to an app: Spotify accepts a token only from the app it was issued to."""
        return self.client_id in (None, client_id)

    def renewed(self, refresh_token: str, today: date) -> UserToken:
        """Return the token that Spotify issued in exchange for this one; it expires at the same time."""
        return replace(self, refresh_token=refresh_token, authorised_on=self.authorised_on or today)

    def warning(self, today: date) -> str | None:
        """Return a warning during the last 30 days before `ends_on` and after it, else None."""
        if self.ends_on is None or today < self.ends_on - WARN_BEFORE:
            return None
        return f"the user's login ends by {self.ends_on}, six months after it was made; log in again: ./run.sh login"


def token_file(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where ./run.sh login stores the token: outside the project, so that it is not committed or copied."""
    folder = environment.get("XDG_CONFIG_HOME") or "~/.config"
    path = Path(environment.get("SPOTIFY_TOKEN_FILE") or f"{folder}/spotify-track-history/token.json")
    try:
        return path.expanduser()
    except RuntimeError:  # no HOME, and a user without a name
        return NO_HOME / path.name


@dataclass(frozen=True)
class TokenStore:
    """Reads and stores the token: the one in the file `path`, else the one `given` by SPOTIFY_REFRESH_TOKEN.

    Spotify may exchange a given token for another. The new one is stored in a file named by a hash of the given one, so
    that it is used until SPOTIFY_REFRESH_TOKEN changes.
    """

    path: Path
    given: str | None = field(default=None, repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> TokenStore:
        path = token_file(environment)
        given = environment.get("SPOTIFY_REFRESH_TOKEN", "").strip()
        if not given:
            return cls(path)
        return cls(path.with_suffix(f".{hashlib.sha256(given.encode()).hexdigest()[:16]}.json"), given)

    def find(self) -> UserToken | None:
        """Return the token, or None. Raises CredentialsError if the file is invalid."""
        try:
            kept = json.loads(self.path.read_bytes())
            kept["authorised_on"] = date.fromisoformat(kept["authorised_on"])
            return UserToken(**kept)
        except FileNotFoundError:
            return UserToken(self.given) if self.given else None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CredentialsError(
                f"{self.path}: can't be read as a user's login ({type(error).__name__}); log in again: ./run.sh login"
            ) from None

    def _remove_leftovers(self) -> None:
        """Remove the tokens that killed processes of earlier versions left."""
        for left_over in (*self.path.parent.glob(".token-*"), *self.path.parent.glob(f".{self.path.name}.*")):
            left_over.unlink(missing_ok=True)

    def read(self) -> UserToken:
        """Return the token. Raises CredentialsError if there is none."""
        token = self.find()
        if token is None:
            raise CredentialsError(f"{self.path}: no user has logged in; log in: ./run.sh login")
        return token

    @contextmanager
    def room(self) -> Iterator[Callable[[UserToken], None]]:
        """Take room on disk; yield the function that then stores a token, readable by its owner only.

        Raises CredentialsError if the disk is full or the folder can't be written, also from that function: the stored
        token is unchanged then. Only one process at a time may do this.
        """
        with ExitStack() as stack:
            with _as_credentials_error(self.path):
                _make_private(self.path.parent)
                self._remove_leftovers()
                replace_content = stack.enter_context(room_for(self.path, ROOM_BYTES, 0o600))

            def save(token: UserToken) -> None:
                with _as_credentials_error(self.path):
                    replace_content(_content(token))

            yield save


@contextmanager
def _as_credentials_error(path: Path) -> Iterator[None]:
    try:
        yield
    except (FileError, OSError) as error:
        text = str(error) if isinstance(error, FileError) else f"{path}: {error.strerror}"
        raise CredentialsError(f"{text}; set SPOTIFY_TOKEN_FILE to use another file") from error


def _content(token: UserToken) -> bytes:
    return json.dumps(vars(token) | {"authorised_on": str(token.authorised_on)}).encode()


def _make_private(folder: Path) -> None:
    if not folder.exists():
        folder.mkdir(parents=True)
        folder.chmod(0o700)  # also with an unusual umask


def describe_login(today: date, environment: Mapping[str, str] = os.environ) -> str:
    """Describe whether runs use a login, since when, and until when."""
    login = TokenStore.from_environment(environment)
    try:
        token = login.find()
    except CredentialsError as error:
        return str(error)
    if token is None:
        return "the app's own; no user has logged in"
    if not token.fits(environment.get("SPOTIFY_CLIENT_ID", "").strip() or token.client_id):
        return f"the app's own; the login in {login.path} is another app's"
    if token.authorised_on is None:
        return "a user's, from SPOTIFY_REFRESH_TOKEN; its age is not known"
    since = "from SPOTIFY_REFRESH_TOKEN, first used" if login.given else "authorised"
    left = (token.ends_on - today).days if token.ends_on else 0
    return f"a user's, {since} on {token.authorised_on}, ends by {token.ends_on} ({left} days left)"

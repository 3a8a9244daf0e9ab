"""The access token of a run: fetched once, renewed in time, shared by all threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from extractor.accounts import Accounts, Grant
from extractor.clock import Clock
from extractor.config import Api, Credentials
from extractor.lock import alone
from extractor.user_login import UserLogin

RENEW_EARLY_SECONDS = 60


@dataclass
class _Token:
    value: str = field(repr=False)
    renew_at: float


class Tokens:
    """Gives out the token to ask with: the user's where somebody has logged in, else the app's own.

    Safe to use from several threads; several processes may share a user's login.
    """

    def __init__(self, api: Api, credentials: Credentials, clock: Clock, back_off: Callable[[int], bool]) -> None:
        self._accounts = Accounts(api, credentials, back_off)
        self._login = credentials.login
        self._clock = clock
        self._lock = threading.Lock()
        self._token: _Token | None = None

    def current(self) -> str:
        """The token to ask with, fetched or renewed where need be; raises CredentialsError if Spotify refuses to."""
        with self._lock:
            if self._token is None or self._clock.monotonic() >= self._token.renew_at:
                grant = self._of_user(self._login) if self._login else self._accounts.for_app()
                lifetime = max(grant.expires_in - RENEW_EARLY_SECONDS, 1)
                self._token = _Token(grant.access_token, self._clock.monotonic() + lifetime)
            return self._token.value

    def renew(self, refused: str) -> None:
        """Fetch another one next time, unless `refused` has been replaced already by another thread."""
        with self._lock:
            if self._token and self._token.value == refused:
                self._token = None

    def _of_user(self, login: UserLogin) -> Grant:
        # Each exchange may end the refresh token that was shown. One process at a time exchanges the one in the file,
        # and what it got instead is there before anything is done with it.
        with alone(login.path, "refresh"):
            known = login.read()
            grant = self._accounts.for_user("refresh_token", refresh_token=known.refresh_token)
            if grant.refresh_token and grant.refresh_token != known.refresh_token:
                login.keep(known.renewed(grant.refresh_token, self._clock.now().date()))
        return grant

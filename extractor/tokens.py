"""The access token of a run: fetched once, renewed in time, shared by all threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import requests

from extractor.clock import Clock
from extractor.config import Api, Credentials
from extractor.errors import CredentialsError, ExtractorError
from extractor.wire import ATTEMPTS, TIMEOUTS, json_object, message

RENEW_EARLY_SECONDS = 60


@dataclass
class _Token:
    value: str = field(repr=False)
    renew_at: float


class Tokens:
    """Gives out the token to ask with; safe to use from several threads.

    `back_off` sleeps before the next attempt and says whether there is patience left for it.
    """

    def __init__(self, api: Api, credentials: Credentials, clock: Clock, back_off: Callable[[int], bool]) -> None:
        self._api = api
        self._credentials = credentials
        self._clock = clock
        self._back_off = back_off
        self._lock = threading.Lock()
        self._token: _Token | None = None

    def current(self) -> str:
        """The token to ask with, fetched or renewed where need be; raises CredentialsError if Spotify refuses to."""
        with self._lock:
            if self._token is None or self._clock.monotonic() >= self._token.renew_at:
                self._token = self._fetch()
            return self._token.value

    def renew(self, refused: str) -> None:
        """Fetch another one next time, unless `refused` has been replaced already by another thread."""
        with self._lock:
            if self._token and self._token.value == refused:
                self._token = None

    def _fetch(self) -> _Token:
        fault = ""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                response = requests.post(
                    self._api.token_url,
                    data={"grant_type": "client_credentials"},
                    auth=(self._credentials.client_id, self._credentials.client_secret),
                    timeout=TIMEOUTS,
                    allow_redirects=False,
                )
            except requests.RequestException as error:
                fault = type(error).__name__
            else:
                body = json_object(response.content) or {}
                token = body.get("access_token")
                if response.status_code == 200 and isinstance(token, str):
                    expires_in = body.get("expires_in")
                    lifetime = expires_in if isinstance(expires_in, int) else 3600
                    return _Token(token, self._clock.monotonic() + max(lifetime - RENEW_EARLY_SECONDS, 1))
                if body.get("error") in ("invalid_client", "unauthorized_client") or response.status_code == 401:
                    raise CredentialsError(
                        "Spotify refused the client id or secret. Check SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET "
                        "against your app's settings at developer.spotify.com/dashboard."
                    )
                fault = f"{response.status_code} {message(body, response.content)}"
            if attempt < ATTEMPTS and not self._back_off(attempt):
                break
        raise ExtractorError(
            f"no token from {self._api.token_url}: {fault.strip()}. Is the network up? Try again later."
        )

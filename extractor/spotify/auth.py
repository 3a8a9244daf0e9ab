"""Obtain and renew access tokens from Spotify's token endpoint."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import requests

from extractor.clock import Clock
from extractor.config.settings import Api
from extractor.errors import CredentialsError, ExtractorError
from extractor.lock import exclusive
from extractor.spotify.credentials import Credentials
from extractor.spotify.http import ConnectionFailed, ResponseTooLarge, no_auth, send
from extractor.spotify.retry import Backoff
from extractor.spotify.token_store import TokenStore, UserToken

DEFAULT_LIFETIME_SECONDS = 3600
RENEW_EARLY_SECONDS = 60


ACCESS_TOKEN = re.compile("[\x21-\x7e]+")
"""Visible ASCII: anything else would end up in a header."""


class ClientRefused(CredentialsError):
    """Spotify refused the client id or the client secret."""


@dataclass(frozen=True)
class Grant:
    """An access token, its lifetime in seconds, and a refresh token; None if Spotify sent no (new) one."""

    access_token: str = field(repr=False)
    expires_in: int
    refresh_token: str | None = field(repr=False)


class TokenEndpoint:
    """Requests tokens; retries if the connection or the server fails."""

    def __init__(self, api: Api, credentials: Credentials, backoff: Backoff) -> None:
        self._url = api.token_url
        self._backoff = backoff
        self._client_id = credentials.client_id
        self._client = (credentials.client_id, credentials.client_secret)

    def for_app(self) -> Grant:
        """Return a token of the app. Raises CredentialsError if Spotify refuses the client id or secret."""
        return self._request({"grant_type": "client_credentials"}, self._client)

    def for_user(self, grant_type: str, **proof: str) -> Grant:
        """Return a token of a user, in exchange for a code or a refresh token.

        Raises CredentialsError if Spotify refuses it. A refresh token that `login` obtained needs the client id only.
        One from elsewhere may need the client secret too, so a refused request is repeated with it.
        """
        form = {"grant_type": grant_type, **proof}
        try:
            return self._request(form | {"client_id": self._client_id}, None)
        except ClientRefused:
            if not all(self._client):
                raise
            return self._request(form, self._client)

    def _request(self, form: dict[str, str], client: tuple[str, str] | None) -> Grant:
        fault = ""
        for attempt in count(1):
            try:
                response = send(requests.post, self._url, data=form, auth=client or no_auth)
            except (ConnectionFailed, ResponseTooLarge) as error:
                fault = str(error)
            else:
                body = response.body or {}
                if response.status == 200 and _is_token(body.get("access_token")):
                    return _grant(body)
                fault = str(response) if response.status != 200 else "200 without an access token"
                _raise_if_refused(response.status, body.get("error"), fault)
            if not self._backoff.wait(attempt):
                break
        raise ExtractorError(f"no token from {self._url}: {fault}. Check the network connection and try again later.")


def _is_token(value: object) -> bool:
    return isinstance(value, str) and bool(ACCESS_TOKEN.fullmatch(value))


def _grant(body: dict[str, Any]) -> Grant:
    lifetime, refresh_token = body.get("expires_in"), body.get("refresh_token")
    return Grant(
        body["access_token"],
        lifetime if isinstance(lifetime, int) else DEFAULT_LIFETIME_SECONDS,
        refresh_token if isinstance(refresh_token, str) and refresh_token else None,
    )


def _raise_if_refused(status: int, error: object, message: str) -> None:
    if error == "invalid_grant":
        raise CredentialsError(
            f"Spotify no longer accepts the user's login ({message}). Log in again: ./run.sh login; if "
            "SPOTIFY_REFRESH_TOKEN is set, renew it too (./run.sh login --print-token)."
        )
    if error in ("invalid_client", "unauthorized_client") or status == 401:
        raise ClientRefused(
            "Spotify refused the client id or secret. Check SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET "
            "against your app's settings at developer.spotify.com/dashboard."
        )


@dataclass
class _AccessToken:
    value: str = field(repr=False)
    renew_at: float


class TokenProvider:
    """Provides the current access token: the user's after a login, else the app's.

    Safe to use from several threads; several processes may share a user's login. `problem`: why the login that Spotify
    issued last is not stored; null if it is.
    """

    def __init__(self, api: Api, credentials: Credentials, clock: Clock, backoff: Backoff) -> None:
        self._endpoint = TokenEndpoint(api, credentials, backoff)
        self._store = credentials.login
        self._clock = clock
        self._lock = threading.Lock()
        self._token: _AccessToken | None = None
        self._unsaved: UserToken | None = None
        self.problem: str | None = None

    def current(self) -> str:
        """Return a valid token; fetch or renew it if necessary. Raises CredentialsError if Spotify refuses."""
        with self._lock:
            if self._token is None or self._clock.monotonic() >= self._token.renew_at:
                grant = self._refresh(self._store) if self._store else self._endpoint.for_app()
                lifetime = max(grant.expires_in - RENEW_EARLY_SECONDS, 1)
                self._token = _AccessToken(grant.access_token, self._clock.monotonic() + lifetime)
            return self._token.value

    def invalidate(self, refused: str) -> None:
        """Fetch a new token next time, unless another thread has already replaced the `refused` one."""
        with self._lock:
            if self._token and self._token.value == refused:
                self._token = None

    def _refresh(self, store: TokenStore) -> Grant:
        # Spotify may invalidate a refresh token when it is used. So only one process at a time uses the stored one, and
        # the new one is stored before anything else is done with it, in room that was taken before the exchange.
        with exclusive(store.path, "refresh"), store.room() as save:
            stored = self._unsaved or store.read()
            grant = self._endpoint.for_user("refresh_token", refresh_token=stored.refresh_token)
            if grant.refresh_token and grant.refresh_token != stored.refresh_token:
                self._unsaved = stored.renewed(grant.refresh_token, self._clock.now().date())
            if self._unsaved:
                self._save(save, self._unsaved)
        return grant

    def _save(self, save: Callable[[UserToken], None], token: UserToken) -> None:
        """Store a token that Spotify has issued. On failure the run continues, and the next renewal tries again."""
        try:
            save(token)
            self._unsaved, self.problem = None, None
        except CredentialsError as error:
            self.problem = f"the user's new login is not stored: {error}. If the next run can't log in: ./run.sh login"

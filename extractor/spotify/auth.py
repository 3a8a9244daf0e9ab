"""Spotify's accounts service: what it gives out, and for what."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import requests

from extractor.clock import Clock
from extractor.config.settings import Api
from extractor.errors import CredentialsError, ExtractorError
from extractor.lock import alone
from extractor.spotify.credentials import Credentials
from extractor.spotify.http import ATTEMPTS, TIMEOUTS, TooLarge, content_of, json_object, message, told, unsigned
from extractor.spotify.token_store import UserLogin


class ClientRefused(CredentialsError):
    """The service does not know the app, or not by what it showed."""


@dataclass(frozen=True)
class Grant:
    """An access token, the seconds it holds, and the user's refresh token where there is a (new) one."""

    access_token: str = field(repr=False)
    expires_in: int
    refresh_token: str | None = field(repr=False)


class Accounts:
    """Asks for tokens. `back_off` sleeps before the next attempt and says whether there is patience left for it."""

    def __init__(self, api: Api, credentials: Credentials, back_off: Callable[[int], bool]) -> None:
        self._url = api.token_url
        self._back_off = back_off
        self._client_id = credentials.client_id
        self._client = (credentials.client_id, credentials.client_secret)

    def for_app(self) -> Grant:
        """A token of the app's own. Raises CredentialsError if Spotify refuses id or secret."""
        return self._ask({"grant_type": "client_credentials"}, self._client)

    def for_user(self, grant_type: str, **proof: str) -> Grant:
        """A token of a user, who is proven by a code or a refresh token. Raises CredentialsError if that is refused.

        What `login` obtains is bound to the app's id alone. A refresh token that was obtained elsewhere may be bound to
        the secret, too; nothing tells but the refusal.
        """
        form = {"grant_type": grant_type, **proof}
        try:
            return self._ask(form | {"client_id": self._client_id}, None)
        except ClientRefused:
            if not all(self._client):
                raise
            return self._ask(form, self._client)

    def _ask(self, form: dict[str, str], client: tuple[str, str] | None) -> Grant:
        fault = ""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with requests.post(
                    self._url, data=form, auth=client or unsigned, timeout=TIMEOUTS, allow_redirects=False, stream=True
                ) as response:
                    content = content_of(response)
            except requests.RequestException as error:
                fault = told(error, self._url)
            except TooLarge as error:
                fault = str(error)
            else:
                body = json_object(content) or {}
                token = body.get("access_token")
                if response.status_code == 200 and isinstance(token, str):
                    lifetime, refresh_token = body.get("expires_in"), body.get("refresh_token")
                    return Grant(
                        token,
                        lifetime if isinstance(lifetime, int) else 3600,
                        refresh_token if isinstance(refresh_token, str) and refresh_token else None,
                    )
                fault = f"{response.status_code} {message(body, content)}"
                _raise_refusal(body.get("error"), fault, response.status_code)
            if attempt < ATTEMPTS and not self._back_off(attempt):
                break
        raise ExtractorError(f"no token from {self._url}: {fault.strip()}. Is the network up? Try again later.")


def _raise_refusal(error: object, words: str, status: int) -> None:
    if error == "invalid_grant":
        raise CredentialsError(
            f"Spotify no longer takes the user's login ({words}). Log in again: ./run.sh login; where "
            "SPOTIFY_REFRESH_TOKEN is set, renew it, too (./run.sh login --print-token)."
        )
    if error in ("invalid_client", "unauthorized_client") or status == 401:
        raise ClientRefused(
            "Spotify refused the client id or secret. Check SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET "
            "against your app's settings at developer.spotify.com/dashboard."
        )


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

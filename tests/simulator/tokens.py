"""The accounts service: who may ask, and until when."""

import base64
import binascii
import secrets
import time
from collections.abc import Callable
from threading import Lock

from tests.simulator.failures import Failure
from tests.simulator.messages import Answer, Request

CLIENT_ID = "simulator"
CLIENT_SECRET = "simulator-secret"
LIFETIME_SECONDS = 3600


class Tokens:
    """Gives out access tokens and knows which of them still hold."""

    def __init__(self) -> None:
        self._expiry: dict[str, float] = {}
        self._lock = Lock()
        self._grants: dict[str, Callable[[Request], Answer]] = {"client_credentials": self._client_credentials}

    def grant(self, request: Request) -> Answer:
        """Answer `POST /api/token`."""
        wrong = _wrong_client(request)
        if wrong is not None:
            return _oauth_error("invalid_client", wrong)
        kind = request.form.get("grant_type", "")
        give = self._grants.get(kind)
        if give is None:
            return _oauth_error("unsupported_grant_type", f"grant_type must be one of: {', '.join(self._grants)}")
        return give(request)

    def refusal(self, request: Request) -> Failure | None:
        """Return why a request to the API is refused for its token, or None if it is not."""
        header = request.headers.get("Authorization")
        if header is None:
            return Failure.usual(401, "No token provided")
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            return Failure.usual(400, "Only valid bearer authentication supported")
        with self._lock:
            expiry = self._expiry.get(token)
        if expiry is None:
            return Failure.usual(401, "Invalid access token")
        return Failure.usual(401) if expiry <= time.monotonic() else None

    def expire(self) -> None:
        """Let every token given out so far be too old from now on."""
        with self._lock:
            self._expiry = dict.fromkeys(self._expiry, time.monotonic())

    def _client_credentials(self, _: Request) -> Answer:
        token = secrets.token_urlsafe(48)
        with self._lock:
            self._expiry[token] = time.monotonic() + LIFETIME_SECONDS
        return Answer.of(200, {"access_token": token, "token_type": "Bearer", "expires_in": LIFETIME_SECONDS})


def _wrong_client(request: Request) -> str | None:
    """Return what is wrong with the Basic header, in the words of the accounts service."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "Invalid client"
    if scheme.lower() != "basic" or client_id != CLIENT_ID:
        return "Invalid client"
    return None if secret == CLIENT_SECRET else "Invalid client secret"


def _oauth_error(error: str, description: str) -> Answer:
    return Answer.of(400, {"error": error, "error_description": description})

"""The accounts service: access tokens, refresh tokens, logins and their expiry."""

import base64
import binascii
import hashlib
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from urllib.parse import urlencode

from extractor.simulator.failures import Failure
from extractor.simulator.messages import Answer, Request

CLIENT_ID = "simulator"
CLIENT_SECRET = "simulator-secret"  # noqa: S105 (made up)
LIFETIME_SECONDS = 3600

# Valid redirect URIs: https, or this machine by IP address. `localhost` is refused.
REDIRECT = re.compile(r"https://.+|http://(127\.0\.0\.1|\[::1\])(:\d+)?(/.*)?")


@dataclass(frozen=True, slots=True)
class Login:
    """A user's consent. Without a challenge it is of the plain flow, which requires the app's secret."""

    redirect_uri: str
    scope: str
    challenge: str | None


class Tokens:
    """Issues access tokens and validates them.

    `denies`: the user refuses consent. `ended`: why refresh tokens are refused; None if they are valid.
    `gives_a_new_one`: whether a refresh token obtained with a challenge is rotated on use. `of_users`: the access
    tokens on behalf of a user. `given`: all secrets issued, which must not leak.
    """

    def __init__(self) -> None:
        self.denies = False
        self.ended: str | None = None
        self.gives_a_new_one = True
        self._expiry: dict[str, float] = {}
        self.of_users: set[str] = set()
        self.given: set[str] = set()
        self._codes: dict[str, Login] = {}
        self._logins: dict[str, Login] = {}
        self._lock = Lock()
        self._grants: dict[str, Callable[[Request], Answer]] = {
            "client_credentials": self._client_credentials,
            "authorization_code": self._authorization_code,
            "refresh_token": self._refresh_token,
        }

    def authorize(self, request: Request) -> Answer:
        """Handle `GET /authorize` for a user who agrees (or denies) at once."""
        query = request.query
        if query.get("client_id") != CLIENT_ID:
            return Answer.of(400, "INVALID_CLIENT: Invalid client")
        redirect_uri = query.get("redirect_uri", "")
        if not REDIRECT.fullmatch(redirect_uri):
            return Answer.of(400, "INVALID_CLIENT: Insecure redirect URI")
        if query.get("response_type") != "code":
            return Answer.of(400, "response_type must be code")
        if "code_challenge" in query and query.get("code_challenge_method") != "S256":
            return Answer.of(400, "code_challenge_method must be S256")
        if self.denies:
            return _back(redirect_uri, query, error="access_denied")
        login = Login(redirect_uri, query.get("scope", ""), query.get("code_challenge"))
        return _back(redirect_uri, query, code=self._enter(self._codes, login))

    def log_in(self, scope: str = "", challenge: str | None = "unknown") -> str:
        """Return the refresh token of a user who agrees now; without a challenge it is of the plain flow."""
        return self._enter(self._logins, Login("", scope, challenge))

    def grant(self, request: Request) -> Answer:
        """Handle `POST /api/token`."""
        form = request.form
        wrong = _wrong_client(request)
        if wrong is not None and not (form.get("client_id") == CLIENT_ID and "Authorization" not in request.headers):
            return _oauth_error("invalid_client", wrong)
        give = self._grants.get(form.get("grant_type", ""))
        if give is None:
            return _oauth_error("unsupported_grant_type", f"grant_type must be one of: {', '.join(self._grants)}")
        return give(request)

    def refusal(self, request: Request) -> Failure | None:
        """Return why a request to the API is refused for its token; None if it is not."""
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

    def is_of_user(self, request: Request) -> bool:
        """Return whether an authorized request is on behalf of a user."""
        return request.headers.get("Authorization", "").partition(" ")[2] in self.of_users

    def expire(self) -> None:
        """Expire all access tokens issued so far."""
        with self._lock:
            self._expiry = dict.fromkeys(self._expiry, time.monotonic())

    def _client_credentials(self, request: Request) -> Answer:
        if "Authorization" not in request.headers:
            return _oauth_error("invalid_client", "Invalid client secret")
        return self._answer(None)

    def _authorization_code(self, request: Request) -> Answer:
        with self._lock:
            login = self._codes.pop(request.form.get("code", ""), None)
        if login is None:
            return _oauth_error("invalid_grant", "Invalid authorization code")
        if login.redirect_uri != request.form.get("redirect_uri"):
            return _oauth_error("invalid_grant", "Invalid redirect URI")
        if login.challenge is None and "Authorization" not in request.headers:
            return _oauth_error("invalid_client", "Invalid client secret")
        if login.challenge is not None and login.challenge != _challenge(request.form.get("code_verifier", "")):
            return _oauth_error("invalid_grant", "code_verifier was incorrect")
        return self._answer(login, self._enter(self._logins, login))

    def _refresh_token(self, request: Request) -> Answer:
        shown = request.form.get("refresh_token", "")
        login = self._logins.get(shown)
        if login is not None and login.challenge is None and "Authorization" not in request.headers:
            return _oauth_error("invalid_client", "Invalid client secret")
        if self.ended:
            return _oauth_error("invalid_grant", self.ended)
        with self._lock:
            if login is None or shown not in self._logins:
                return _oauth_error("invalid_grant", "Invalid refresh token")
            if login.challenge is None or not self.gives_a_new_one:
                return self._answer(login)
            del self._logins[shown]
        return self._answer(login, self._enter(self._logins, login))

    def _answer(self, login: Login | None, refresh_token: str | None = None) -> Answer:
        token = self._make()
        self._expiry[token] = time.monotonic() + LIFETIME_SECONDS
        body: dict[str, object] = {"access_token": token, "token_type": "Bearer", "expires_in": LIFETIME_SECONDS}
        if login:
            self.of_users.add(token)
            body["scope"] = login.scope
        return Answer.of(200, body | ({"refresh_token": refresh_token} if refresh_token else {}))

    def _enter(self, logins: dict[str, Login], login: Login) -> str:
        """Store a login under a new random name."""
        name = self._make()
        with self._lock:
            logins[name] = login
        return name

    def _make(self) -> str:
        made = secrets.token_urlsafe(48)
        self.given.add(made)
        return made


def _back(redirect_uri: str, query: dict[str, str], **answer: str) -> Answer:
    state = {"state": query["state"]} if "state" in query else {}
    answered = Answer.of(302, "")
    return Answer(302, b"", answered.headers | {"Location": f"{redirect_uri}?{urlencode(answer | state)}"})


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _wrong_client(request: Request) -> str | None:
    """Return what is wrong with the Basic header, in the wording of the accounts service."""
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

"""Log a user in: print a URL to open in a browser, and receive the redirect on this machine."""

from __future__ import annotations

import base64
import hashlib
import os
import random
import secrets
import select
import sys
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from extractor.clock import Clock
from extractor.config.settings import Api
from extractor.errors import ConfigError, CredentialsError
from extractor.files import printing
from extractor.lock import exclusive
from extractor.spotify.auth import TokenEndpoint
from extractor.spotify.credentials import Credentials
from extractor.spotify.retry import Backoff
from extractor.spotify.token_store import TokenStore, UserToken

SCOPES = "playlist-read-private playlist-read-collaborative"
CALLBACK = "/callback"
PORT = 8888
PATIENCE_SECONDS = 600
POLL_SECONDS = 0.2

INSTRUCTIONS = """Open this URL in a browser and agree:

  {address}

If the browser is on another machine, first run this there:
  ssh -L {port}:127.0.0.1:{port} THIS-MACHINE
Or open the URL anyway. The browser ends at an error page: paste that page's URL here and press Enter.
The app's settings at developer.spotify.com/dashboard must name the redirect URI {redirect_uri}
"""


THANKS = "Thank you. The terminal shows whether the login succeeded; you can close this page.\n"
NOT_OURS = "This does not belong to the login that is waiting: its state differs. Use the URL in the terminal.\n"


@dataclass(frozen=True)
class AuthorizationRequest:
    """The request of this login, with the secrets (state, PKCE) that tie the redirect and the code to it."""

    client_id: str = field(repr=False)
    redirect_uri: str
    state: str = field(repr=False, default_factory=lambda: secrets.token_urlsafe(24))
    verifier: str = field(repr=False, default_factory=lambda: secrets.token_urlsafe(64))

    def address(self, token_url: str) -> str:
        """Return the URL of the page to open."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "client_id": self.client_id,
            "response_type": "code",
            "redirect_uri": self.redirect_uri,
            "state": self.state,
            "scope": SCOPES,
            "code_challenge_method": "S256",
            "code_challenge": challenge,
        }
        return f"{urljoin(token_url, '/authorize')}?{urlencode(query)}"

    def has_state(self, redirect: str) -> bool:
        """Return whether a redirect belongs to this request."""
        state = dict(parse_qsl(urlsplit(redirect).query)).get("state", "")
        return secrets.compare_digest(state.encode(), self.state.encode())

    def code(self, redirect: str) -> str:
        """Return the code in the URL of the redirect. Raises CredentialsError if it has none for this request."""
        query = dict(parse_qsl(urlsplit(redirect).query))
        if not self.has_state(redirect):
            raise CredentialsError(
                "this redirect does not belong to this login (its state differs): nothing is stored; try again"
            )
        if "code" not in query:
            raise CredentialsError(f"Spotify gave no access ({query.get('error', 'no code')[:100]}): nothing is stored")
        return query["code"]


class _Redirected(BaseHTTPRequestHandler):
    """Handles the redirect from Spotify, with a timeout, because browsers also open connections without a request."""

    server: _Loopback
    timeout = 2

    def do_GET(self) -> None:
        is_callback, is_ours = urlsplit(self.path).path == CALLBACK, self.server.is_ours(self.path)
        text = (THANKS if is_ours else NOT_OURS) if is_callback else ""
        self.send_response(404 if not is_callback else 200 if is_ours else 400)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())
        if is_callback and is_ours:
            self.server.redirect = self.path

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: the path contains the code."""


class _Loopback(ThreadingHTTPServer):
    """A server that only this machine can reach. A connection that says nothing blocks no other.

    `is_ours` tells the redirect of this login from any other's request.
    """

    redirect = ""
    timeout = 2
    daemon_threads = True

    def __init__(self, port: int) -> None:
        self.is_ours: Callable[[str], bool] = lambda _: False
        try:
            super().__init__(("127.0.0.1", port), _Redirected)
        except OSError as error:
            raise ConfigError(
                f"port {port} can't be listened on ({error.strerror}): choose another with --port, and name it in the "
                "app's settings at developer.spotify.com/dashboard too"
            ) from error

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore connections that browsers close."""

    def wait(self, pasted: TextIO | None, clock: Clock) -> str:
        """Return the URL that the browser was redirected to, or that the user pasted.

        Raises CredentialsError after PATIENCE_SECONDS.
        """
        until = clock.monotonic() + PATIENCE_SECONDS
        sources: list[Any] = [self, pasted] if pasted else [self]
        while (left := until - clock.monotonic()) > 0:
            ready, _, _ = select.select(sources, [], [], min(left, POLL_SECONDS))
            if self in ready:
                self.handle_request()
            elif pasted and ready:
                typed = os.read(pasted.fileno(), 1 << 16)  # readline would hide further lines from select
                self.redirect = typed.decode(errors="replace").strip()
                sources = sources if typed else [self]
            if self.redirect:
                return self.redirect
        raise CredentialsError(f"no redirect within {PATIENCE_SECONDS // 60} minutes: nothing is stored; try again")


def authorize_user(
    api: Api, credentials: Credentials, port: int, clock: Clock, screen: TextIO, pasted: TextIO | None
) -> UserToken:
    """Let a user authorise the app in a browser and return their token.

    Raises CredentialsError if that does not happen, ConfigError if the port is in use, OutputError if the URL can't be
    shown.
    """
    with _Loopback(port) as loopback:
        redirect_uri = f"http://127.0.0.1:{loopback.server_port}{CALLBACK}"
        question = AuthorizationRequest(credentials.client_id, redirect_uri)
        loopback.is_ours = question.has_state
        address = question.address(api.token_url)
        instructions = INSTRUCTIONS.format(address=address, port=loopback.server_port, redirect_uri=redirect_uri)
        with printing(screen):
            print(instructions, file=screen)
        if os.environ.keys() & {"DISPLAY", "WAYLAND_DISPLAY"} or sys.platform == "darwin":
            webbrowser.open(address)
        code = question.code(loopback.wait(pasted, clock))
    backoff = Backoff(clock, random.Random())  # noqa: S311 (jitter, no secret)
    grant = TokenEndpoint(api, credentials, backoff).for_user(
        "authorization_code", code=code, redirect_uri=redirect_uri, code_verifier=question.verifier
    )
    if grant.refresh_token is None:
        raise CredentialsError("Spotify gave no refresh token: nothing is stored; try again")
    return UserToken(grant.refresh_token, credentials.client_id, clock.now().date())


def save_login(token: UserToken, file: Path) -> str:
    """Store a new login in place of the previous one; return a message about it."""
    with exclusive(file, "refresh"), TokenStore(file).room() as save:
        save(token)
    return f"logged in until {token.ends_on}: {file} (keep it private: it gives access to the user's playlists)"

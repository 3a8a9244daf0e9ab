"""What the app may do. Spotify does not report it, so each run detects it from the first responses."""

from __future__ import annotations

from dataclasses import dataclass, field

from extractor.errors import CredentialsError

PLAIN_WORDS = {
    "valid user authentication required": "Spotify shows this only to a logged-in user: ./run.sh login",
    "insufficient client scope": "the login lacks the right to read this playlist: ./run.sh login again",
}
WITHHELD = (
    "items withheld: Spotify shows this app the playlist, but not its items; an app created since 11 February 2026 "
    "reads only its own user's playlists, after ./run.sh login"
)

NO_PREMIUM = (
    "Spotify refuses all requests of this app, because the app's owner has no Premium. Subscribe with the account that "
    "owns the app (it may take hours to be noticed), or use another app's client id and secret."
)
NOT_REGISTERED = (
    "Spotify does not let this user use the app. Add the user under User Management of the app at "
    "developer.spotify.com/dashboard, or log in as another user."
)


@dataclass
class AppAccess:
    """The capabilities detected in this run; missing ones are unknown so far.

    `bulk`: per endpoint, whether it accepts several ids per request. `pages`: the path under which the app may request
    further pages of playlists, `tracks` or `items`.
    """

    bulk: dict[str, bool] = field(default_factory=dict)
    pages: str | None = None


def explain_reason(reason: str | None) -> str | None:
    """Return Spotify's reason, with an explanation if there is one."""
    meaning = next((plain for words, plain in PLAIN_WORDS.items() if words in (reason or "").lower()), None)
    return f"{reason} ({meaning})" if meaning else reason


def raise_if_app_refused(status: int | None, reason: str) -> None:
    """Raise CredentialsError if a refusal concerns the whole app, so that no further request can succeed."""
    if status == 403 and "premium" in reason.lower():
        raise CredentialsError(NO_PREMIUM)
    if status == 403 and "registered" in reason.lower():
        raise CredentialsError(NOT_REGISTERED)

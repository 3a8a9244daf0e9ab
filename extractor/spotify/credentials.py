"""The credentials: id and secret of the app, from the environment only, and the login of a user."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from extractor.config.watch_list import BLANKS
from extractor.errors import CredentialsError
from extractor.spotify.token_store import TokenStore

APP_VARIABLES = ("SPOTIFY_CLIENT_ID", "SPOTIFY_CLIENT_SECRET")

VISIBLE = re.compile("[\x21-\x7e]*")

SECRETS = (*APP_VARIABLES, "SPOTIFY_REFRESH_TOKEN")


@dataclass(frozen=True)
class Credentials:
    """The client id and secret of the app, from the environment only, and the login of a user, or None.

    Never shown by `repr`. A user's login needs no secret.
    """

    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    login: TokenStore | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Credentials:
        """Return the credentials of a run. Raises CredentialsError naming what is missing."""
        app, login = cls.of_app(environment), TokenStore.from_environment(environment)
        token = login.find()
        if token and token.fits(app.client_id):
            return replace(app, login=login)
        if not app.client_secret:
            raise _not_set(APP_VARIABLES[1])
        return app

    @classmethod
    def of_app(cls, environment: Mapping[str, str] = os.environ) -> Credentials:
        """Return the credentials of a login, which needs no secret. Raises CredentialsError if the id is missing."""
        client_id, client_secret = (credential(environment, name) for name in APP_VARIABLES)
        if not client_id:
            raise _not_set(" and ".join(APP_VARIABLES if not client_secret else APP_VARIABLES[:1]))
        return cls(client_id, client_secret)


def credential(environment: Mapping[str, str], name: str) -> str:
    """Return a credential without blanks and quotes around it. Raises CredentialsError for characters it can't have."""
    value = environment.get(name, "").strip(BLANKS)
    if not VISIBLE.fullmatch(value):
        raise CredentialsError(f"{name}: contains a blank or a character that no credential has; copy it once more")
    return value


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without credentials, for other programs."""
    return {name: value for name, value in environment.items() if name not in SECRETS}


def _not_set(names: str) -> CredentialsError:
    return CredentialsError(
        f"{names} not set. Export the client id and secret of your Spotify app (developer.spotify.com/dashboard), "
        "or try `./run.sh demo`, which needs no account."
    )

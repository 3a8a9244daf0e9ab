"""Credentials come from the environment and are never shown."""

from pathlib import Path

import pytest

from extractor.errors import CredentialsError
from extractor.spotify.auth import Grant, _AccessToken
from extractor.spotify.credentials import Credentials
from extractor.spotify.login import AuthorizationRequest
from extractor.spotify.token_store import TokenStore, UserToken

BOTH = {"SPOTIFY_CLIENT_ID": "an-id", "SPOTIFY_CLIENT_SECRET": "a-secret"}


def refusal(environment: dict[str, str]) -> str:
    with pytest.raises(CredentialsError) as caught:
        Credentials.from_environment(environment)
    assert caught.value.exit_code == 2
    return str(caught.value)


@pytest.mark.parametrize("environment", [{}, dict.fromkeys(BOTH, ""), dict.fromkeys(BOTH, " \n")])
def test_missing_or_blank_credentials_are_both_named_with_a_hint_to_the_demo(environment: dict[str, str]) -> None:
    message = refusal(environment)
    assert all(name in message for name in BOTH)
    assert "./run.sh demo" in message


@pytest.mark.parametrize("name", BOTH)
def test_only_the_missing_credential_is_named(name: str) -> None:
    message = refusal(BOTH | {name: ""})
    assert name in message
    assert not any(other in message for other in BOTH if other != name)


def test_error_does_not_show_the_secret() -> None:
    assert "a-secret" not in refusal({"SPOTIFY_CLIENT_SECRET": "a-secret"})


def test_whitespace_around_credentials_is_stripped() -> None:
    padded = Credentials.from_environment({name: f" {value}\n" for name, value in BOTH.items()})
    assert padded == Credentials("an-id", "a-secret")


SECRET = "a-secret-to-hide"
HOLDERS = (
    Credentials(SECRET, SECRET, TokenStore(Path("token.json"), SECRET)),
    TokenStore(Path("token.json"), SECRET),
    UserToken(SECRET, SECRET),
    Grant(SECRET, 3600, SECRET),
    AuthorizationRequest(SECRET, "http://127.0.0.1:1", SECRET, SECRET),
    _AccessToken(SECRET, 0.0),
)


@pytest.mark.parametrize("holder", HOLDERS, ids=lambda holder: type(holder).__name__)
def test_repr_does_not_show_secrets(holder: object) -> None:
    for shown in (repr(holder), str(holder), f"{holder}", repr([holder])):
        assert SECRET not in shown


@pytest.mark.parametrize("around", ["\u201c{}\u201d", "\u200b{}\ufeff", "'{}'", '"{}"', " {}\n"])
def test_quotes_and_invisible_blanks_around_a_credential_are_ignored(around: str) -> None:
    given = {"SPOTIFY_CLIENT_ID": around.format("id"), "SPOTIFY_CLIENT_SECRET": around.format("secret")}
    app = Credentials.of_app(given)
    assert (app.client_id, app.client_secret) == ("id", "secret")


@pytest.mark.parametrize("inside", ["\u200b", "\u201c", " ", "\n", "\udcff", "\u00e9", "\x00"])
def test_character_that_no_credential_has_is_refused_and_not_shown(inside: str) -> None:
    given = {"SPOTIFY_CLIENT_ID": "id", "SPOTIFY_CLIENT_SECRET": f"hid{inside}den"}
    with pytest.raises(CredentialsError, match="SPOTIFY_CLIENT_SECRET: contains a blank or a character") as caught:
        Credentials.of_app(given)
    assert "hid" not in str(caught.value)


def test_without_a_home_nobody_has_logged_in(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home(_: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr("pathlib.Path.expanduser", no_home)
    assert TokenStore.from_environment({}).find() is None

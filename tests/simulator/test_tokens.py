"""Who is let in."""

import pytest
import requests

from tests.simulator.identifiers import spotify_id
from tests.simulator.reader import Reader, Serve

WORLD = "{histories: {list: {days: {2026-01-01: [A]}}}}"
PATH = f"tracks/{spotify_id('A')}"


@pytest.fixture
def reader(serve: Serve) -> Reader:
    return serve(WORLD)


def ask_for_token(
    reader: Reader, client: tuple[str, str] | None, grant: str = "client_credentials"
) -> requests.Response:
    """Ask for a token as somebody else would: with neither the session's token nor its connection."""
    return requests.post(reader.simulator.token_url, data={"grant_type": grant}, auth=client, timeout=5)


def test_a_token_is_for_an_hour(reader: Reader) -> None:
    client = (reader.simulator.credentials["SPOTIFY_CLIENT_ID"], reader.simulator.credentials["SPOTIFY_CLIENT_SECRET"])
    answer = ask_for_token(reader, client)
    assert answer.status_code == 200
    assert answer.json() | {"access_token": ""} == {"access_token": "", "token_type": "Bearer", "expires_in": 3600}


@pytest.mark.parametrize(
    ("client", "description"),
    [
        (("somebody", "simulator-secret"), "Invalid client"),
        (("simulator", "wrong"), "Invalid client secret"),
        (None, "Invalid client"),
    ],
)
def test_wrong_credentials(reader: Reader, client: tuple[str, str] | None, description: str) -> None:
    answer = ask_for_token(reader, client)
    assert answer.status_code == 400
    assert answer.json() == {"error": "invalid_client", "error_description": description}


def test_unknown_grants_are_refused(reader: Reader) -> None:
    answer = ask_for_token(reader, ("simulator", "simulator-secret"), grant="password")
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


@pytest.mark.parametrize(
    ("header", "status", "message"),
    [
        (None, 401, "No token provided"),
        ("Bearer nonsense", 401, "Invalid access token"),
        ("Basic c2ltdWxhdG9y", 400, "Only valid bearer authentication supported"),
    ],
)
def test_without_a_good_token_nothing_is_answered(
    reader: Reader, header: str | None, status: int, message: str
) -> None:
    for path in (PATH, f"playlists/{spotify_id('list')}", "nothing"):
        answer = reader.get(path, headers={"Authorization": header})
        assert (answer.status_code, answer.json()) == (status, {"error": {"status": status, "message": message}})


def test_tokens_expire(reader: Reader) -> None:
    reader.json(PATH)
    reader.simulator.expire_tokens()
    answer = reader.get(PATH)
    assert (answer.status_code, answer.json()["error"]["message"]) == (401, "The access token expired")
    reader.log_in()
    reader.json(PATH)

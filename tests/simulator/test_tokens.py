"""Authentication: tokens, login and access."""

import base64
import hashlib
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests

from extractor.simulator.identifiers import spotify_id
from tests.simulator.reader import Reader, Serve

WORLD = "{histories: {list: {days: {2026-01-01: [A]}}}}"
PATH = f"tracks/{spotify_id('A')}"


@pytest.fixture
def reader(serve: Serve) -> Reader:
    return serve(WORLD)


def ask_for_token(
    reader: Reader, client: tuple[str, str] | None, grant: str = "client_credentials"
) -> requests.Response:
    """Request a token without the session's token and connection."""
    return requests.post(reader.simulator.token_url, data={"grant_type": grant}, auth=client, timeout=5)


def test_token_is_valid_for_an_hour(reader: Reader) -> None:
    client = (reader.simulator.credentials["SPOTIFY_CLIENT_ID"], reader.simulator.credentials["SPOTIFY_CLIENT_SECRET"])
    answer = ask_for_token(reader, client)
    assert answer.status_code == 200
    assert answer.json() | {"access_token": ""} == {"access_token": "", "token_type": "Bearer", "expires_in": 3600}


@pytest.mark.parametrize(
    ("client", "description"),
    [
        (("someone", "simulator-secret"), "Invalid client"),
        (("simulator", "wrong"), "Invalid client secret"),
        (None, "Invalid client"),
    ],
)
def test_wrong_credentials_are_refused(reader: Reader, client: tuple[str, str] | None, description: str) -> None:
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
def test_requests_without_a_valid_token_are_refused(
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


def form_of(reader: Reader, **form: str) -> dict[str, str]:
    return {"client_id": reader.simulator.credentials["SPOTIFY_CLIENT_ID"]} | form


def challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def agree(reader: Reader, redirect_uri: str = "http://127.0.0.1:1/callback", **query: str) -> requests.Response:
    """Open the authorization URL without following the redirect."""
    asked = form_of(reader, response_type="code", redirect_uri=redirect_uri, state="s", **query)
    address = f"{reader.simulator.url}/authorize?{urlencode(asked)}"
    return requests.get(address, allow_redirects=False, timeout=5)


def exchange(reader: Reader, form: dict[str, str], client: tuple[str, str] | None = None) -> requests.Response:
    return requests.post(reader.simulator.token_url, data=form, auth=client, timeout=5)


def answered(response: requests.Response) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(response.headers["Location"]).query))


def words(response: requests.Response) -> tuple[int, str, str]:
    body = response.json()
    return response.status_code, body["error"], body["error_description"]


def test_approval_redirects_with_code_and_state(reader: Reader) -> None:
    back = agree(reader)
    assert back.status_code == 302
    assert back.headers["Location"].startswith("http://127.0.0.1:1/callback?")
    assert answered(back).keys() == {"code", "state"}
    assert answered(back)["state"] == "s"


def test_denial_redirects_with_an_error(reader: Reader) -> None:
    reader.simulator.tokens.denies = True
    assert answered(agree(reader)) == {"error": "access_denied", "state": "s"}


@pytest.mark.parametrize("uri", ["http://localhost:8888/callback", "http://192.168.1.2/callback", ""])
def test_insecure_redirect_uri_is_refused(reader: Reader, uri: str) -> None:
    refused = agree(reader, uri)
    assert (refused.status_code, refused.text) == (400, "INVALID_CLIENT: Insecure redirect URI")


def test_code_is_valid_once_and_only_with_its_code_verifier(reader: Reader) -> None:
    def form() -> dict[str, str]:
        back = agree(reader, code_challenge_method="S256", code_challenge=challenge("v"))
        code = {"code": answered(back)["code"], "redirect_uri": "http://127.0.0.1:1/callback"}
        return form_of(reader, grant_type="authorization_code", **code)

    once = form() | {"code_verifier": "v"}
    body = exchange(reader, once).json()
    assert body.keys() == {"access_token", "token_type", "expires_in", "scope", "refresh_token"}
    assert words(exchange(reader, once)) == (400, "invalid_grant", "Invalid authorization code")
    wrong = form() | {"code_verifier": "w"}
    assert words(exchange(reader, wrong)) == (400, "invalid_grant", "code_verifier was incorrect")
    elsewhere = form() | {"code_verifier": "v", "redirect_uri": "http://127.0.0.1:2/callback"}
    assert words(exchange(reader, elsewhere)) == (400, "invalid_grant", "Invalid redirect URI")


def test_pkce_refresh_token_is_rotated(reader: Reader) -> None:
    form = form_of(reader, grant_type="refresh_token", refresh_token=reader.simulator.tokens.log_in())
    body = exchange(reader, form).json()
    assert body["refresh_token"] != form["refresh_token"]
    assert words(exchange(reader, form)) == (400, "invalid_grant", "Invalid refresh token")
    assert exchange(reader, form | {"refresh_token": body["refresh_token"]}).status_code == 200


def test_authorization_code_refresh_token_is_kept_and_requires_the_secret(reader: Reader) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": reader.simulator.tokens.log_in(challenge=None)}
    assert words(exchange(reader, form_of(reader, **form)))[1] == "invalid_client"
    for _ in range(2):
        answer = exchange(reader, form, ("simulator", "simulator-secret"))
        assert (answer.status_code, "refresh_token" in answer.json()) == (200, False)


def test_expired_refresh_tokens_are_refused_with_a_reason(reader: Reader) -> None:
    form = form_of(reader, grant_type="refresh_token", refresh_token=reader.simulator.tokens.log_in())
    reader.simulator.tokens.ended = "Refresh token expired"
    assert words(exchange(reader, form)) == (400, "invalid_grant", "Refresh token expired")


def test_restricted_app_sees_the_items_of_its_users_playlists(reader: Reader) -> None:
    simulator, playlist_id = reader.simulator, spotify_id("list")
    simulator.restricted, simulator.own_lists = True, frozenset({playlist_id})
    assert "items" not in reader.json(f"playlists/{playlist_id}")
    form = form_of(reader, grant_type="refresh_token", refresh_token=simulator.tokens.log_in())
    reader.session.headers["Authorization"] = f"Bearer {exchange(reader, form).json()['access_token']}"
    assert reader.json(f"playlists/{playlist_id}")["items"]["total"] == 1
    assert reader.json(f"playlists/{playlist_id}/items")["total"] == 1
    simulator.own_lists = frozenset()
    assert reader.get(f"playlists/{playlist_id}/items").status_code == 401

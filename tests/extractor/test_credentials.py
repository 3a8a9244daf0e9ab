"""Credentials come from the environment, and are shown nowhere."""

import gzip
from pathlib import Path

import pytest

from extractor.config import Credentials
from extractor.errors import CredentialsError
from tests.extractor.conftest import MakeBench
from tests.simulator.failures import Failure
from tests.simulator.messages import Request
from tests.simulator.tokens import CLIENT_SECRET, Tokens

BOTH = {"SPOTIFY_CLIENT_ID": "an-id", "SPOTIFY_CLIENT_SECRET": "a-secret"}
LISTS = "{tracks: 200, playlists: {a: {size: 30}, b: {size: 120, list_popularity_zero: 0.5}}}"


def refusal(environment: dict[str, str]) -> str:
    with pytest.raises(CredentialsError) as caught:
        Credentials.from_environment(environment)
    assert caught.value.exit_code == 2
    return str(caught.value)


@pytest.mark.parametrize("environment", [{}, dict.fromkeys(BOTH, ""), dict.fromkeys(BOTH, " \n")])
def test_where_both_are_missing_or_blank_both_are_named_and_the_demo_too(environment: dict[str, str]) -> None:
    message = refusal(environment)
    assert all(name in message for name in BOTH)
    assert "./run.sh demo" in message


@pytest.mark.parametrize("name", BOTH)
def test_where_one_is_missing_it_alone_is_named(name: str) -> None:
    message = refusal(BOTH | {name: ""})
    assert name in message
    assert not any(other in message for other in BOTH if other != name)


def test_a_refusal_does_not_show_the_secret_it_got() -> None:
    assert "a-secret" not in refusal({"SPOTIFY_CLIENT_SECRET": "a-secret"})


def test_white_space_around_them_is_not_theirs() -> None:
    padded = Credentials.from_environment({name: f" {value}\n" for name, value in BOTH.items()})
    assert padded == Credentials("an-id", "a-secret")


def test_neither_repr_nor_str_shows_the_secret() -> None:
    credentials = Credentials("an-id", "a-secret")
    for shown in (repr(credentials), str(credentials), f"{credentials}", repr([credentials])):
        assert "a-secret" not in shown
        assert "an-id" not in shown


class Overheard(Tokens):
    """An accounts service that remembers the headers with which the API is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.headers: set[str] = set()

    def refusal(self, request: Request) -> Failure | None:
        self.headers.add(request.headers["Authorization"])
        return super().refusal(request)


def test_no_file_of_a_run_holds_secret_or_token(bench: MakeBench, tmp_path: Path) -> None:
    run = bench(LISTS)
    run.simulator.tokens = overheard = Overheard()
    told = run.extract().summary
    (token,) = (header.removeprefix("Bearer ") for header in overheard.headers)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 3
    for path in files:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        assert token.encode() not in content, path
        assert CLIENT_SECRET.encode() not in content, path
    assert token not in told
    assert CLIENT_SECRET not in told

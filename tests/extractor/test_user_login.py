"""A user's login: stored privately, kept through token rotation, used until it expires."""

import json
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from extractor.errors import CredentialsError
from extractor.simulator.faults import Fault
from extractor.simulator.identifiers import spotify_id
from extractor.simulator.tokens import CLIENT_ID, CLIENT_SECRET
from extractor.spotify.auth import Grant, TokenEndpoint
from extractor.spotify.credentials import Credentials
from extractor.spotify.login import save_login
from extractor.spotify.token_store import ROOM_BYTES, TokenStore, UserToken, describe_login
from tests.extractor.asking import Asking, Serve, asking
from tests.extractor.conftest import NEXT_DAY, FakeTime

LOGGED_IN = date(2026, 1, 1)

User = Callable[..., Asking]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "token.json"


@pytest.fixture
def user(serve: Serve, time: FakeTime, file: Path) -> User:
    """Return a function that makes a client with a login: from the file, or from the environment if `given`."""

    def make(*faults: Fault, given: bool = False, challenge: str | None = "some", secret: str = "") -> Asking:
        me = asking(serve, time, *faults)
        token = me.simulator.tokens.log_in(challenge=challenge)
        if not given:
            file.parent.mkdir(exist_ok=True)
            save_login(UserToken(token, CLIENT_ID, LOGGED_IN), file)
        environment = {"SPOTIFY_REFRESH_TOKEN": token if given else "", "SPOTIFY_TOKEN_FILE": str(file)}
        app = {"SPOTIFY_CLIENT_ID": CLIENT_ID, "SPOTIFY_CLIENT_SECRET": secret}
        return me.again(Credentials.from_environment(app | environment))

    return make


def kept(me: Asking) -> UserToken:
    assert me.credentials.login
    return me.credentials.login.read()


def test_user_login_needs_no_secret(user: User) -> None:
    me = user()
    assert me.get().status == 200
    assert len(me.simulator.tokens.of_users) == 1


def test_restricted_app_reads_its_users_playlists(user: User) -> None:
    me = user()
    playlist_id = spotify_id("list")
    me.simulator.restricted, me.simulator.own_lists = True, frozenset({playlist_id})
    answer = me.get(f"playlists/{playlist_id}")
    assert answer.body
    assert answer.body["items"]["total"] == 2


def test_rotated_token_is_stored_with_the_date_of_the_login(user: User, file: Path) -> None:
    me = user()
    before = kept(me).refresh_token
    me.get()
    assert kept(me).refresh_token != before
    assert (kept(me).authorised_on, kept(me).client_id) == (LOGGED_IN, CLIENT_ID)
    assert me.again().get().status == 200
    assert [path.name for path in file.parent.iterdir() if path.suffix != ".lock"] == ["token.json"]


def test_refresh_token_is_kept_if_no_new_one_is_issued(user: User) -> None:
    me = user()
    me.simulator.tokens.gives_a_new_one = False
    before = kept(me)
    me.get()
    assert kept(me) == before
    assert me.again().get().status == 200


def test_expired_access_token_is_renewed_with_the_refresh_token(user: User) -> None:
    me = user()
    me.get()
    me.simulator.expire_tokens()
    assert me.get().status == 200
    assert len(me.simulator.tokens.of_users) == 2


def test_token_file_stays_private_after_rotation(user: User, file: Path) -> None:
    me = user()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    me.get()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_token_is_not_rotated_if_it_cannot_be_stored(user: User, file: Path) -> None:
    me = user()
    before = kept(me).refresh_token
    lock = file.with_name("token.json.refresh.lock")
    lock.unlink()
    lock.mkdir()
    with pytest.raises(Exception, match=r"refresh\.lock: can't be written"):
        me.get()
    assert kept(me).refresh_token == before
    assert me.tokens == 0


def test_full_disk_is_reported_before_the_new_token_is_used(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    me = user()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    before = kept(me).refresh_token
    with pytest.raises(CredentialsError, match="No space left on device; set SPOTIFY_TOKEN_FILE"):
        me.get()
    assert me.statuses == []
    assert me.tokens == 0
    assert kept(me).refresh_token == before


def test_disk_that_fills_up_during_the_exchange_has_room_for_the_new_token(
    user: User, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = user()
    before = kept(me).refresh_token
    allocated = []
    exchange = TokenEndpoint.for_user

    def exchanged_on_a_full_disk(*args: Any, **proof: Any) -> Grant:
        [beside] = file.parent.glob(".token.json.*")
        allocated.append((beside.stat().st_blocks, stat.S_IMODE(beside.stat().st_mode)))
        return exchange(*args, **proof)

    monkeypatch.setattr(TokenEndpoint, "for_user", exchanged_on_a_full_disk)
    me.get()
    assert allocated == [(ROOM_BYTES // 512, 0o600)]
    assert kept(me).refresh_token != before
    assert [path.name for path in file.parent.iterdir() if path.name.startswith(".")] == []


def test_run_continues_with_a_token_that_cannot_be_stored_and_stores_it_later(
    user: User, time: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = user()
    before = kept(me).refresh_token
    with monkeypatch.context() as disk:
        disk.setattr("pathlib.Path.read_bytes", broken_if_new(Path.read_bytes))
        me.get()
        assert "the user's new login is not stored" in str(me.client.login_problem)
    assert kept(me).refresh_token == before
    time.sleep(3600)
    me.get()
    assert me.client.login_problem is None
    assert kept(me).refresh_token != before
    assert me.statuses == [200, 200]


def broken_if_new(read_bytes: Callable[[Path], bytes]) -> Callable[[Path], bytes]:
    """Return a `read_bytes` that finds other content in files that are not in place yet."""
    return lambda path: b"" if path.name.startswith(".") else read_bytes(path)


def test_killed_processes_leave_no_token_behind(user: User, file: Path) -> None:
    me = user()
    left_over = file.with_name(".token.json.123.456")
    left_over.write_text("secret")
    me.get()
    assert not left_over.exists()


def test_concurrent_workers_do_not_invalidate_each_others_token(user: User) -> None:
    me = user()
    workers = [me, *(me.again() for _ in range(7))]
    with ThreadPoolExecutor(8) as pool:
        assert [answer.status for answer in pool.map(Asking.get, workers)] == [200] * 8
    assert me.tokens == 8


def test_environment_token_overrides_the_file(user: User, file: Path) -> None:
    me = user(given=True)
    file.parent.mkdir()
    file.write_text("something else")
    assert me.get().status == 200


def test_successor_of_an_environment_token_is_stored_beside_the_file_and_reused(user: User, file: Path) -> None:
    me = user(given=True)
    me.get()
    assert me.again().get().status == 200
    assert not file.exists()
    (beside,) = file.parent.glob("token.*.json")
    assert str(me.credentials.login and me.credentials.login.given) not in beside.read_text()
    assert kept(me).authorised_on == me.time.now().date()


def test_new_environment_token_discards_the_stored_successor(user: User, file: Path) -> None:
    me = user(given=True)
    me.get()
    other = me.simulator.tokens.log_in()
    environment = {"SPOTIFY_CLIENT_ID": CLIENT_ID, "SPOTIFY_REFRESH_TOKEN": other, "SPOTIFY_TOKEN_FILE": str(file)}
    again = me.again(Credentials.from_environment(environment))
    assert kept(again).refresh_token == other
    assert again.get().status == 200
    assert len(list(file.parent.glob("token.*.json"))) == 2


def test_token_of_the_authorization_code_flow_uses_the_secret_if_required(user: User) -> None:
    me = user(given=True, challenge=None, secret=CLIENT_SECRET)
    assert me.get().status == 200
    assert me.tokens == 2


def test_token_of_the_authorization_code_flow_without_the_secret_gives_a_hint(user: User) -> None:
    with pytest.raises(CredentialsError, match="SPOTIFY_CLIENT_SECRET"):
        user(given=True, challenge=None).get()


@pytest.mark.parametrize("words", ["Refresh token expired", "Refresh token revoked"])
def test_expired_login_exits_2_with_a_hint(user: User, words: str) -> None:
    me = user()
    me.simulator.tokens.ended = words
    with pytest.raises(CredentialsError, match=rf"{words}.*Log in again: \./run\.sh login") as caught:
        me.client.log_in()
    assert caught.value.exit_code == 2
    assert me.tokens == 1
    assert kept(me).refresh_token not in str(caught.value)


@pytest.mark.parametrize("content", ["", "{}", "[]", "null", '{"refresh_token": "x"}', "a-token-to-hide", "\0"])
def test_damaged_token_file_is_named_and_its_content_not_shown(file: Path, content: str) -> None:
    file.parent.mkdir()
    file.write_text(content)
    with pytest.raises(CredentialsError, match=r"token\.json: can't be read as a user's login.*\./run\.sh login") as no:
        TokenStore(file).find()
    assert not content or content not in str(no.value)
    assert describe_login(NEXT_DAY, {"SPOTIFY_TOKEN_FILE": str(file)}) == str(no.value)


def test_login_of_another_app_is_not_used(file: Path) -> None:
    file.parent.mkdir()
    save_login(UserToken("x", "another-app", LOGGED_IN), file)
    app = {"SPOTIFY_CLIENT_ID": CLIENT_ID, "SPOTIFY_TOKEN_FILE": str(file)}
    assert Credentials.from_environment(app | {"SPOTIFY_CLIENT_SECRET": "s"}).login is None
    with pytest.raises(CredentialsError, match="SPOTIFY_CLIENT_SECRET not set"):
        Credentials.from_environment(app)
    assert describe_login(NEXT_DAY, app) == f"the app's own; the login in {file} is another app's"


def test_token_file_defaults_to_the_user_config_folder() -> None:
    home = Path("~/.config").expanduser()
    assert TokenStore.from_environment({}).path == home / "spotify-track-history" / "token.json"
    settings = {"XDG_CONFIG_HOME": "/settings"}
    assert TokenStore.from_environment(settings).path == Path("/settings/spotify-track-history/token.json")
    assert TokenStore.from_environment(settings | {"SPOTIFY_TOKEN_FILE": "/run/t"}).path == Path("/run/t")


@pytest.mark.parametrize(
    ("authorised_on", "ends_on"),
    [
        ("2026-01-01", "2026-07-01"),
        ("2026-08-31", "2027-02-28"),
        ("2026-06-30", "2026-12-30"),
        ("2026-12-15", "2027-06-15"),
    ],
)
def test_login_expires_six_months_after_creation(authorised_on: str, ends_on: str) -> None:
    assert str(UserToken("x", None, date.fromisoformat(authorised_on)).ends_on) == ends_on


@pytest.mark.parametrize(("today", "warned"), [("2026-05-31", False), ("2026-06-01", True), ("2026-07-02", True)])
def test_login_warns_from_thirty_days_before_expiry(today: str, warned: bool) -> None:
    warning = UserToken("x", None, LOGGED_IN).warning(date.fromisoformat(today))
    assert (warning is not None) == warned
    assert not warning or ("2026-07-01" in warning and "./run.sh login" in warning)


def test_age_of_an_environment_token_is_unknown() -> None:
    token = UserToken("x")
    assert (token.ends_on, token.warning(date(2099, 1, 1))) == (None, None)
    assert "age is not known" in describe_login(
        NEXT_DAY, {"SPOTIFY_REFRESH_TOKEN": "x", "SPOTIFY_TOKEN_FILE": "/nowhere"}
    )


def test_login_is_described_in_words(file: Path) -> None:
    environment = {"SPOTIFY_TOKEN_FILE": str(file)}
    assert describe_login(NEXT_DAY, environment) == "the app's own; no user has logged in"
    file.parent.mkdir()
    save_login(UserToken("a-token-to-hide", CLIENT_ID, LOGGED_IN), file)
    assert (
        describe_login(NEXT_DAY, environment)
        == "a user's, authorised on 2026-01-01, ends by 2026-07-01 (180 days left)"
    )


def test_token_file_contains_only_the_login(file: Path) -> None:
    file.parent.mkdir()
    save_login(UserToken("t", CLIENT_ID, LOGGED_IN), file)
    content = {"refresh_token": "t", "client_id": CLIENT_ID, "authorised_on": "2026-01-01"}
    assert json.loads(file.read_text()) == content

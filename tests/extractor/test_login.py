"""./run.sh login: a user authorizes in a browser, and only the callback of this request is accepted."""

import contextlib
import json
import os
import socket
import stat
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from extractor.clock import Clock
from extractor.config.settings import Api
from extractor.errors import ConfigError, CredentialsError
from extractor.project import PROJECT
from extractor.simulator.server import Simulator
from extractor.simulator.tokens import CLIENT_ID
from extractor.spotify.credentials import Credentials
from extractor.spotify.login import authorize_user
from extractor.spotify.token_store import UserToken
from tests.extractor.asking import WORLD, Serve

Ask = Callable[..., "Login"]


class Login:
    """A login that waits for its user: the URL to open, and where to paste the redirect URL."""

    def __init__(self, token: "Future[UserToken]", told: Iterator[str], keyboard: int) -> None:
        self.token = token
        self.keyboard = keyboard
        self.told = [line for _ in range(3) for line in iter(told.__next__, "\n")]  # three paragraphs
        self.address = next(line.strip() for line in self.told if "/authorize?" in line)

    @property
    def query(self) -> dict[str, str]:
        return {name: value for name, (value,) in parse_qs(urlsplit(self.address).query).items()}

    def agree(self) -> str:
        """Return the URL to which the accounts service redirects the browser."""
        answer = requests.get(self.address, allow_redirects=False, timeout=5)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]


@pytest.fixture
def simulator(serve: Serve) -> Simulator:
    return serve(WORLD)


@pytest.fixture
def ask(simulator: Simulator) -> Iterator[Ask]:
    """Return a function that starts a login."""
    api = Api(base_url=simulator.base_url, token_url=simulator.token_url)
    opened: list[int] = []
    with ThreadPoolExecutor(1) as pool:

        def start(clock: Clock | None = None) -> Login:
            (hear, say), (typed, keyboard) = os.pipe(), os.pipe()
            opened.append(keyboard)

            def asking() -> UserToken:
                with os.fdopen(say, "w") as console, os.fdopen(typed) as pasted:
                    return authorize_user(api, Credentials(CLIENT_ID, ""), 0, clock or Clock(), console, pasted)

            future = pool.submit(asking)
            with os.fdopen(hear) as told:
                return Login(future, told, keyboard)

        yield start
        for keyboard in opened:
            with contextlib.suppress(BrokenPipeError):
                os.write(keyboard, b"enough\n")
            os.close(keyboard)


def test_login_url_requests_a_code_with_a_numeric_loopback_redirect(ask: Ask) -> None:
    login = ask()
    query = login.query
    assert urlsplit(query["redirect_uri"]).hostname == "127.0.0.1"
    assert query["code_challenge_method"] == "S256"
    assert query["scope"] == "playlist-read-private playlist-read-collaborative"
    assert len(query["state"]) > 20
    requests.get(login.agree(), timeout=5)
    assert login.token.result(5).authorised_on


def test_login_explains_how_to_authorize_from_another_machine(ask: Ask) -> None:
    login = ask()
    told = "".join(login.told)
    port = urlsplit(login.query["redirect_uri"]).port
    assert f"ssh -L {port}:127.0.0.1:{port}" in told
    assert "paste" in told
    requests.get(login.agree(), timeout=5)


def test_redirect_url_from_another_machine_can_be_pasted(ask: Ask) -> None:
    login = ask()
    os.write(login.keyboard, f"\n  {login.agree()}\n".encode())
    assert login.token.result(5).client_id == CLIENT_ID


def test_other_paths_on_the_callback_port_are_404_and_login_goes_on(ask: Ask) -> None:
    login = ask()
    parts = urlsplit(login.query["redirect_uri"])
    assert requests.get(f"http://{parts.netloc}/favicon.ico", timeout=5).status_code == 404
    with socket.create_connection(("127.0.0.1", parts.port or 0)) as silent:
        silent.sendall(b"GET")
    requests.get(login.agree(), timeout=5)
    assert login.token.result(5).client_id == CLIENT_ID


@pytest.mark.parametrize("state", ["", "&state=", "&state=of-another"])
def test_callback_with_a_wrong_state_is_ignored_and_its_code_unused(ask: Ask, simulator: Simulator, state: str) -> None:
    login = ask()
    assert requests.get(login.query["redirect_uri"] + "?code=planted" + state, timeout=5).status_code == 400
    assert simulator.count("/api/token") == 0
    requests.get(login.agree(), timeout=5)
    assert login.token.result(5).client_id == CLIENT_ID


def test_pasted_url_with_a_wrong_state_is_refused(ask: Ask, simulator: Simulator) -> None:
    login = ask()
    os.write(login.keyboard, (login.query["redirect_uri"] + "?code=planted&state=other\n").encode())
    with pytest.raises(CredentialsError, match="state differs"):
        login.token.result(5)
    assert simulator.count("/api/token") == 0


def test_silent_connections_do_not_delay_a_login(ask: Ask) -> None:
    login = ask()
    port = urlsplit(login.query["redirect_uri"]).port or 0
    with contextlib.ExitStack() as silent:
        for _ in range(20):
            silent.enter_context(socket.create_connection(("127.0.0.1", port)))
        started = monotonic()
        requests.get(login.agree(), timeout=5)
        assert login.token.result(5).client_id == CLIENT_ID
        assert monotonic() - started < 3


def test_denied_authorization_is_an_error(ask: Ask, simulator: Simulator) -> None:
    simulator.tokens.denies = True
    login = ask()
    requests.get(login.agree(), timeout=5)
    with pytest.raises(CredentialsError, match=r"gave no access \(access_denied\): nothing is stored"):
        login.token.result(5)


def test_refused_authorization_code_is_an_error(ask: Ask) -> None:
    login = ask()
    state = login.query["state"]
    requests.get(f"{login.query['redirect_uri']}?code=made-up&state={state}", timeout=5)
    with pytest.raises(CredentialsError, match="Invalid authorization code"):
        login.token.result(5)


def test_login_times_out_after_ten_minutes(ask: Ask) -> None:
    times = iter([0.0, 601.0])
    login = ask(Clock(monotonic=lambda: next(times)))
    with pytest.raises(CredentialsError, match="no redirect within 10 minutes"):
        login.token.result(5)


def test_port_in_use_is_an_error_with_a_hint(simulator: Simulator) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with (
            pytest.raises(ConfigError, match=f"port {port} can't be listened on .*--port"),
            Path(os.devnull).open() as no,
        ):
            authorize_user(Api(token_url=simulator.token_url), Credentials(CLIENT_ID, ""), port, Clock(), no, None)


@pytest.fixture
def run(simulator: Simulator, tmp_path: Path) -> Callable[..., "subprocess.Popen[str]"]:
    """Return a function that runs `./run.sh login` in its own environment."""
    api = f"{{base_url: '{simulator.base_url}', token_url: '{simulator.token_url}'}}"
    (tmp_path / "config.yaml").write_text(f"api: {api}\n")

    def start(*options: str, **environment: str) -> "subprocess.Popen[str]":
        own = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "SPOTIFY_CLIENT_ID": CLIENT_ID}
        return subprocess.Popen(
            [str(PROJECT / "run.sh"), "login", "--port", "0", "--config", str(tmp_path / "config.yaml"), *options],
            env=own | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


def agree(lines: Iterator[str]) -> None:
    """Authorize as a user would, in a browser on the same machine."""
    address = next(line.strip() for line in lines if "/authorize?" in line)
    assert requests.get(address, timeout=5).text.startswith("Thank you")


def test_login_file_is_private_and_replaced_by_the_next_login(
    run: Callable[..., "subprocess.Popen[str]"], tmp_path: Path
) -> None:
    file = tmp_path / ".config" / "spotify-track-history" / "token.json"
    tokens = set()
    for _ in range(2):
        with run() as login:
            assert login.stdout
            agree(login.stdout)
            told, faults = login.communicate(timeout=10)
        assert (login.returncode, faults) == (0, "")
        assert f": {file}" in told
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        token = json.loads(file.read_text())["refresh_token"]
        assert token not in told
        tokens.add(token)
    assert len(tokens) == 2


def test_printed_token_goes_to_stdout_only_and_is_not_stored(
    run: Callable[..., "subprocess.Popen[str]"], simulator: Simulator, tmp_path: Path
) -> None:
    with run("--print-token") as login:
        assert login.stderr
        agree(login.stderr)
        printed, told = login.communicate(timeout=10)
    assert login.returncode == 0, told
    form = {"grant_type": "refresh_token", "refresh_token": printed.strip(), "client_id": CLIENT_ID}
    assert requests.post(simulator.token_url, data=form, timeout=5).status_code == 200
    assert printed.strip() not in told
    assert "SPOTIFY_REFRESH_TOKEN" in told
    assert not (tmp_path / ".config").exists()


def test_login_requires_a_client_id(run: Callable[..., "subprocess.Popen[str]"]) -> None:
    with run(SPOTIFY_CLIENT_ID="") as login:
        _, told = login.communicate(timeout=10)
    assert login.returncode == 2
    assert "SPOTIFY_CLIENT_ID" in told

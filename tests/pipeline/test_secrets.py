"""Secrets do not leak into files, output, process lists or tracebacks."""

import base64
import gzip
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from threading import Event, Thread

import pytest

from extractor.cli.commands import main
from extractor.simulator.faults import Fault
from extractor.simulator.server import Simulator
from extractor.simulator.tokens import CLIENT_ID, CLIENT_SECRET
from extractor.spotify.login import save_login
from extractor.spotify.token_store import UserToken
from tests.pipeline.conftest import MakeProject
from tests.pipeline.harness import REPO, Finished, Project, impatient_clock, of_day, plain_environment

pytestmark = pytest.mark.slow

DAY = date(2026, 1, 1)
WORLD = "{days: 2, tracks: 200, playlists: {one: {size: 40}, two: {size: 130}}}"
BASIC = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()

# All kinds of faults, and a token refused midway. No response contains a secret by itself.
FAULTY = {
    "500s": Fault("/v1/playlists", status=500),
    "a refused token": Fault("/v1/", status=401),
    "cut bodies": Fault("/v1/", truncate=50),
    "resets": Fault("/v1/", drop=True),
    "no tokens": Fault("/api/token", status=503),
    "no tokens but HTML": Fault("/api/token", status=200, body="<html>"),
}

# A bug: an unexpected exception in a place where the token is in scope.
CRASH = """
import sys, requests
def crash(*_, **__):
    raise RuntimeError("a wrong turn")
requests.Session.get = crash
from extractor.cli.commands import installed
sys.exit(installed())
"""


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    return make_project(WORLD, api={"max_wait_seconds": 0})


@contextmanager
def watched_processes() -> Iterator[set[bytes]]:
    """Record the command lines of all processes, visible to every user, and the environments of dbt processes."""
    seen: set[bytes] = set()
    done = Event()

    def watch() -> None:
        while not done.wait(0.02):
            for process in Path("/proc").glob("[0-9]*"):
                try:
                    command = (process / "cmdline").read_bytes()
                    seen.add(command)
                    if b"bin/dbt\0" in command:
                        seen.add((process / "environ").read_bytes())
                except OSError:
                    pass  # the process has ended

    thread = Thread(target=watch)
    thread.start()
    yield seen
    done.set()
    thread.join()


def assert_untold(secrets: Iterable[str], folder: Path, said: list[Finished], beside: Iterable[bytes] = ()) -> None:
    """Assert that no secret is in the output or in any file of a folder."""
    texts = {"processes": b"\n".join(beside)} | {f"run {number}": run.told.encode() for number, run in enumerate(said)}
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            texts[str(path)] = gzip.decompress(content) if path.suffix == ".gz" else content
    marks = {secret.encode() for secret in secrets} | {b"Bearer ", b"Basic "}
    assert [(where, mark) for where, text in texts.items() for mark in marks if mark in text] == []


def test_run_with_a_user_login_leaks_no_secret(project: Project, tmp_path: Path) -> None:
    save_login(UserToken(project.simulator.tokens.log_in(), CLIENT_ID, DAY), tmp_path / "token.json")
    environment = project.simulator.credentials | {"SPOTIFY_TOKEN_FILE": str(tmp_path / "token.json")}
    with watched_processes() as processes:
        said = [project.run(command, DAY, environment=environment) for command in ("daily", "status")]
    assert [run.exit_code for run in said] == [0, 0], said
    assert len(project.simulator.tokens.given) == 3  # a login, an access token, and another login for it
    assert any(b"extractor\0daily" in command for command in processes)
    assert any(b"bin/dbt\0" in command for command in processes)
    assert any(b"SPOTIFY_WAREHOUSE=" in environment for environment in processes)
    assert {path.suffix for path in project.folder.rglob("*")} >= {".gz", ".duckdb", ".log", ".json"}
    assert_untold({CLIENT_SECRET, BASIC, *project.simulator.tokens.given}, project.folder, said, processes)


@pytest.mark.parametrize("fault", FAULTY.values(), ids=FAULTY)
def test_faults_leak_no_secret(
    project: Project, fault: Fault, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Simulator(project.simulator.world, faults=[fault]) as simulator:
        Project(project.folder, simulator).configure()
        for name, value in simulator.credentials.items():
            monkeypatch.setenv(name, value)
        code = main(["extract", "--config", str(project.config), *of_day("extract", DAY)], impatient_clock())
        said = Finished(code, *capfd.readouterr(), 0)
        assert code != 0
        assert said.told
        assert_untold({CLIENT_SECRET, BASIC, *simulator.tokens.given}, project.folder, [said])


@pytest.mark.parametrize("refused", ["SPOTIFY_CLIENT_SECRET", "SPOTIFY_REFRESH_TOKEN"])
def test_refused_credentials_are_not_shown(project: Project, refused: str, tmp_path: Path) -> None:
    wrong = {refused: "a-secret-that-is-refused", "SPOTIFY_TOKEN_FILE": str(tmp_path / "token.json")}
    run = project.run("extract", DAY, environment=project.simulator.credentials | wrong)
    assert run.exit_code == 2
    assert_untold({"a-secret-that-is-refused", CLIENT_SECRET}, project.folder, [run])


def test_unexpected_exception_is_named_by_its_type_only(project: Project) -> None:
    finished = subprocess.run(
        [sys.executable, "-X", "dev", "-c", CRASH, "extract", "--config", str(project.config), *of_day("extract", DAY)],
        cwd=REPO,
        env=plain_environment() | project.simulator.credentials,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 1
    assert re.search(r"error: unexpected RuntimeError in <string>:\d+ \(crash\)", finished.stderr), finished.stderr
    assert "a wrong turn" not in finished.stderr
    assert len(project.simulator.tokens.given) == 1
    run = Finished(finished.returncode, finished.stdout, finished.stderr, 0)
    assert_untold({CLIENT_SECRET, BASIC, *project.simulator.tokens.given}, project.folder, [run])

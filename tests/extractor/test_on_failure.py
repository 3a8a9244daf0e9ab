"""The on_failure hook: when it is called, and that it does not change the exit code."""

import json
import shutil
import stat
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from time import sleep
from typing import Any, NoReturn

import pytest

from extractor.cli.console import Console
from extractor.cli.hook import run_hook
from extractor.cli.on_failure import report_failure
from extractor.engines.duckdb import engine
from extractor.simulator.faults import Fault
from tests.extractor.conftest import QUOTA, FakeTime, Run, told

HEAR = 'cat > "$(dirname "$0")/heard.json"; env > "$(dirname "$0")/environment.txt"'
NOT_FOUND = Fault("/v1/playlists", times=1, status=404)


@pytest.fixture
def hook(tmp_path: Path) -> Callable[[str], Path]:
    """Return a function that makes a command from a few lines of shell."""

    def make(script: str) -> Path:
        path = tmp_path / "hook.sh"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    return make


@pytest.fixture
def console(time: FakeTime) -> Console:
    return Console(time.clock, date(2026, 1, 2))


def add_to_config(command: Run, *hook: str) -> None:
    command.config.write_text(command.config.read_text().rstrip("}") + f", on_failure: {json.dumps(hook)}}}")


@pytest.mark.usefixtures("fake_dbt")
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (NOT_FOUND, 3),
        (Fault("/v1/playlists", after=1, **QUOTA), 75),
        (Fault("/api/token", status=500), 1),
        (Fault("/api/token", status=400, body={"error": "invalid_client"}), 2),
    ],
    ids=["partly read", "quota", "no token", "app refused"],
)
def test_failed_daily_run_calls_on_failure(
    run: Callable[..., Run], hook: Callable[[str], Path], tmp_path: Path, fault: Fault, code: int
) -> None:
    command = run(fault)
    add_to_config(command, str(hook(HEAR)))
    assert command("daily") == code
    heard = json.loads((tmp_path / "heard.json").read_text())
    assert (heard["day"], heard["exit_code"]) == ("2026-01-02", code)
    assert heard["text"].endswith(f"the run for 2026-01-02 ended with exit code {code}")
    assert {event["event"] for event in heard["events"]} & {"extracted", "error"}


@pytest.mark.usefixtures("fake_dbt")
def test_unexpected_exception_calls_on_failure(
    run: Callable[..., Run], hook: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> NoReturn:
        raise ZeroDivisionError

    monkeypatch.setattr(engine, "TARGET", replace(engine.TARGET, build=fail))
    command = run()
    add_to_config(command, str(hook(HEAR)))
    with pytest.raises(ZeroDivisionError):
        command("daily")
    assert json.loads((tmp_path / "heard.json").read_text())["exit_code"] == 1


@pytest.mark.usefixtures("fake_dbt")
def test_on_failure_receives_the_output_of_the_run(
    run: Callable[..., Run], hook: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = run(NOT_FOUND)
    add_to_config(command, str(hook(HEAR)))
    assert command("daily", "--log-format", "json") == 3
    said = capsys.readouterr()
    heard = json.loads((tmp_path / "heard.json").read_text())
    lines = [json.loads(line) for line in (said.out + said.err).splitlines()]
    assert sorted(heard["events"], key=json.dumps) == sorted(lines, key=json.dumps)
    assert "1 of 2 playlists (1 not read)" in heard["text"]


@pytest.mark.usefixtures("fake_dbt")
def test_successful_run_or_single_step_does_not_call_on_failure(
    run: Callable[..., Run], hook: Callable[[str], Path], tmp_path: Path
) -> None:
    command = run(NOT_FOUND)
    add_to_config(command, str(hook(HEAR)))
    assert command("extract") == 3
    assert command("daily") == 0
    assert not (tmp_path / "heard.json").exists()


@pytest.mark.usefixtures("fake_dbt")
def test_on_failure_receives_no_secret(run: Callable[..., Run], hook: Callable[[str], Path], tmp_path: Path) -> None:
    command = run(NOT_FOUND)
    add_to_config(command, str(hook(HEAR)))
    assert command("daily") == 3
    for file in ("heard.json", "environment.txt"):
        content = (tmp_path / file).read_text()
        assert content
        assert not [secret for secret in command.simulator.credentials.values() if secret in content]


@pytest.mark.usefixtures("fake_dbt")
def test_failing_hook_is_reported_and_keeps_the_exit_code(
    run: Callable[..., Run], hook: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = run(NOT_FOUND)
    add_to_config(command, str(hook("echo no such channel >&2; exit 7")))
    assert command("daily") == 3
    assert "hook.sh ended with 7: no such channel (this run's own exit code stays 3)" in told(capsys)
    assert (tmp_path / "data" / "s.duckdb").exists()


@pytest.mark.parametrize("script", ["sleep 60", "(sleep 0.5; touch late) & wait", "trap '' TERM; sleep 60"])
def test_hanging_hook_is_killed_with_its_children_and_reported(
    console: Console, hook: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], script: str
) -> None:
    report_failure((str(hook(script)),), tmp_path, 75, console, limit=0.2)
    sleep(0.4 if "late" in script else 0)
    assert not (tmp_path / "late").exists()
    assert "hook.sh took longer than 0.2 s and was killed (this run's own exit code stays 75)" in told(capsys)


def test_background_process_of_a_hook_is_not_waited_for(
    console: Console, hook: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report_failure((str(hook("sleep 5 &")),), tmp_path, 3, console, limit=1)
    assert told(capsys) == ""


def test_what_a_hook_prints_is_kept_nowhere(hook: Callable[[str], Path], tmp_path: Path) -> None:
    """Neither its own output nor that of a process which it leaves behind can fill the disk."""
    command = hook("(yes; touch ended) & yes | head -c 90000000; test -p /dev/stderr || exit 6; sleep 0.1; exit 5")
    problem = run_hook((str(command),), tmp_path, b"")
    assert problem.startswith(f"{command} ended with 5: ")
    sleep(0.5)
    assert (tmp_path / "ended").exists()


def test_last_words_of_a_hook_that_prints_much_are_told(hook: Callable[[str], Path], tmp_path: Path) -> None:
    command = hook("yes | head -c 90000000; exec 1>&- 2>&-; sleep 0.2; exit 5")
    problem = run_hook((str(command),), tmp_path, b"")
    assert problem == f"{command} ended with 5: …{' y' * 100}"
    command = hook("yes | head -c 90000000; echo; echo the end; exit 6")
    assert run_hook((str(command),), tmp_path, b"").endswith(" y y the end")


@pytest.mark.parametrize("command", [("./no-such-command",), ("",), ("a\0b",)])
def test_hook_that_does_not_exist_is_reported(
    console: Console, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    report_failure(command, tmp_path, 1, console)
    assert "could not be run" in told(capsys)


def test_hook_runs_in_the_folder_of_the_config(console: Console, hook: Callable[[str], Path], tmp_path: Path) -> None:
    hook("pwd > where.txt")
    report_failure(("./hook.sh",), tmp_path, 3, console)
    assert Path((tmp_path / "where.txt").read_text().strip()).samefile(tmp_path)


class Receiver(HTTPServer):
    """Receives POST requests one at a time and stores them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[tuple[str, str | None, Any]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.received.append((self.path, self.headers["Content-Type"], body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.skipif(not shutil.which("curl"), reason="the example is one of curl")
def test_example_hook_posts_to_a_webhook_without_showing_its_url_in_process_lists(
    console: Console, receiver: Receiver, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    example = Path(__file__).resolve().parents[2] / "examples" / "webhook.curl"
    address = f"http://127.0.0.1:{receiver.server_port}/hook"
    (tmp_path / "webhook.curl").write_text(example.read_text().replace("https://example.org/hook", address))
    console.note("error", "a “test” failed")
    report_failure(("curl", "--config", "webhook.curl"), tmp_path, 1, console)
    [(path, content_type, body)] = receiver.received
    assert (path, content_type) == ("/hook", "application/json")
    assert body["text"].startswith("error: a “test” failed")
    assert "warning" not in told(capsys)

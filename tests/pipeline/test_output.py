"""Output that is closed, full or unable to show a character does not end a run; a second signal does."""

import os
import signal
import subprocess
import sys
import time
from datetime import date

import duckdb
import pytest

from tests.pipeline.conftest import MakeProject
from tests.pipeline.harness import REPO, of_day

pytestmark = pytest.mark.slow

DAY = date(2026, 1, 1)
WORLD = "{days: 1, tracks: 60, playlists: {one: {size: 20}}}"
OUTPUTS = {
    "closed": ">&- 2>&-",
    "closed, also its input": "<&- >&- 2>&-",
    "full": ">/dev/full 2>/dev/full",
    "standard error full": "2>/dev/full",
    "a reader that is gone": "> >(exit) 2>&1",
}


@pytest.mark.parametrize("redirection", OUTPUTS.values(), ids=OUTPUTS)
def test_daily_run_publishes_whatever_its_output_is(make_project: MakeProject, redirection: str) -> None:
    project = make_project(WORLD)
    project.simulator.day = DAY
    wrapped = ("bash", "-c", f'exec "$@" {redirection}', "bash")
    process = project.start("daily", *of_day("daily", DAY), wrapped_in=wrapped)
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 0, stdout + stderr
    assert project.rows("select count(*) > 15 from tracks_in_playlist") == [(True,)]


@pytest.mark.parametrize("command", [("sql", "select 1", "--format", "csv"), ("login", "--port", "0")])
def test_command_whose_output_nobody_else_has_fails_if_it_is_full(
    make_project: MakeProject, command: tuple[str, ...]
) -> None:
    project = make_project(WORLD)
    with duckdb.connect(str(project.database)):
        pass
    process = project.start(*command, wrapped_in=("bash", "-c", 'exec "$@" >/dev/full', "bash"))
    _, stderr = process.communicate(timeout=120)
    assert (process.returncode, stderr) == (1, "error: the output can't be written: No space left on device\n")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_characters_that_a_terminal_lacks_are_replaced(make_project: MakeProject, encoding: str) -> None:
    project = make_project(WORLD)
    (project.folder / "seeds" / "tracks.csv").write_text("track_id,label\n????????????????????音,x\n", "utf-8")
    environment = project.simulator.credentials | {"PYTHONIOENCODING": encoding}
    done = project.run("extract", DAY, environment=environment)
    assert done.exit_code == 2
    assert "tracks.csv:2: '" + "?" * 21 + "' is not a Spotify track id" in done.stderr


STUBBORN = """
import time
from extractor.clock import interruptible_clock
clock = interruptible_clock()
try:
    print("begun", flush=True)
    clock.sleep(60)  # time.sleep() may begin after the signal came and before Python looks, and sleep on
finally:
    print("ending", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_second_signal_ends_at_once(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STUBBORN],
        cwd=REPO,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 (no threads)
    ) as process:
        assert process.stdout
        for line in ("begun\n", "ending\n"):
            assert process.stdout.readline() == line
            process.send_signal(number)
        started = time.monotonic()
        assert process.wait(10) == 130
        assert time.monotonic() - started < 5


IN_DUCKDB = """
import sys
from extractor.cli import commands
from extractor.engines.duckdb.files import opened
from pathlib import Path

def work(config, options, console):
    with opened(config.warehouse) as connection:
        print("begun", flush=True)
        connection.execute("select sum(a * b % 7) from range(1000000) as a(a), range(1000000) as b(b)").fetchall()
    return 0

commands.HANDLERS["sql"] = work
sys.argv[1:] = ["sql", "--config", sys.argv[1]]
sys.exit(commands.installed())
"""


def test_signal_while_duckdb_is_at_work_is_130(make_project: MakeProject) -> None:
    project = make_project(WORLD)
    with subprocess.Popen(
        [sys.executable, "-c", IN_DUCKDB, str(project.config)],
        cwd=REPO,
        env=os.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "begun\n"
        time.sleep(0.3)
        process.terminate()
        _, told = process.communicate(timeout=30)
    assert process.returncode == 130, told
    assert "interrupted" in told
    assert "Traceback" not in told

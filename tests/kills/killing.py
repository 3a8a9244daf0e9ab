"""Kills a command with SIGKILL at a chosen moment. Uses only file names that users see, no project code."""

import contextlib
import fnmatch
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from extractor.landing.reader import envelopes
from tests.pipeline.harness import REPO, Project, of_day, plain_environment

STEP = 0.0001
"""Seconds that a held command runs on between two looks."""

TIMEOUT = 120.0


@dataclass(frozen=True)
class Moment:
    """When to kill. `begin` is called as the command starts, and returns a function that says if the moment has come.

    If `stepped`, the command is paused for every check, so that it can't pass a moment of some microseconds.
    """

    name: str
    begin: Callable[[Project], Callable[[], bool]]
    stepped: bool = False
    every: float = 0.001

    @property
    def pause(self) -> float:
        """Seconds between two checks."""
        return STEP if self.stepped else self.every


@dataclass(frozen=True)
class Attempt:
    """The result of trying to kill a command, which can have ended before the moment."""

    day: date
    command: str
    moment: str
    seconds: float
    exit_code: int
    told: str

    @property
    def killed(self) -> bool:
        return self.exit_code == -signal.SIGKILL

    def __str__(self) -> str:
        end = "killed" if self.killed else f"ended before that with {self.exit_code}"
        return f"{self.day:%d} {self.command:<7} {self.moment}: {end}, {self.seconds:.3f} s"


def after(seconds: float, why: str = "") -> Moment:
    """Some seconds after the start."""

    def begin(_: Project) -> Callable[[], bool]:
        due = time.monotonic() + seconds
        return lambda: time.monotonic() >= due

    return Moment(f"after {seconds:.3f} s{why}", begin)


def asked(number: int) -> Moment:
    """While the n-th request is being answered (the first is for the token)."""

    def begin(project: Project) -> Callable[[], bool]:
        enough = len(project.simulator.requests) + number
        return lambda: len(project.simulator.requests) >= enough

    return Moment(f"as request {number} is answered", begin)


def landed(number: int) -> Moment:
    """As soon as the run has landed n lines."""

    def begin(project: Project) -> Callable[[], bool]:
        before = set(landing_files(project))

        def reached() -> bool:
            new = [path for path in landing_files(project) if path not in before]
            return sum(1 for path in new for _ in envelopes(path)) >= number

        return reached

    return Moment(f"after line {number}", begin, stepped=True)


def appeared(pattern: str = "*", then: float = 0.0) -> Moment:
    """Some seconds after a new file appears in the project's folder."""

    def begin(project: Project) -> Callable[[], bool]:
        before = _files(project.folder)
        seen: list[float] = []

        def reached() -> bool:
            if not seen and fnmatch.filter(_files(project.folder) - before, pattern):
                seen.append(time.monotonic())
            return bool(seen) and time.monotonic() >= seen[0] + then

        return reached

    return Moment(f"{then:.3f} s after a new file {pattern} appeared", begin, stepped=then == 0)


def replaced() -> Moment:
    """As soon as another published file is in place."""

    def begin(project: Project) -> Callable[[], bool]:
        before = _inode(project.database)
        return lambda: _inode(project.database) != before

    return Moment("as the published file was replaced", begin, stepped=True)


def said(text: str, *, stepped: bool = False) -> Moment:
    """As soon as the command reports that a step is done: after its last commit, before the next step."""
    return Moment(f"as it said {text!r}", lambda project: lambda: text in _said(project).read_text(), stepped)


def logged(pattern: str, number: int = 1) -> Moment:
    """As soon as dbt has logged a line like this n times."""

    def begin(project: Project) -> Callable[[], bool]:
        log = project.folder / "dbt" / "dbt.log"
        start = log.stat().st_size if log.exists() else 0
        return lambda: len(re.findall(pattern, _text(log, start))) >= number

    return Moment(f"as dbt's log had {pattern!r} {number} times", begin, every=0.01)


def kill(project: Project, command: str, day: date, moment: Moment, *, children: bool = True) -> Attempt:
    """Start `./run.sh COMMAND`, for a day if it takes one, and kill it at a moment, with its children or alone."""
    project.simulator.day = day
    with _said(project).open("w") as output:
        process = subprocess.Popen(
            [REPO / "run.sh", command, "--config", project.config, *of_day(command, day)],
            cwd=REPO,
            # dbt's log has the moments of a build
            env=plain_environment() | project.simulator.credentials | {"SPOTIFY_DBT_LOG": "debug"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    started = time.monotonic()
    reached = moment.begin(project)
    while process.poll() is None:
        with _held(process.pid) if moment.stepped else contextlib.nullcontext():
            overdue = time.monotonic() - started > TIMEOUT
            if overdue or reached():
                os.killpg(process.pid, signal.SIGKILL) if children else process.kill()
                process.wait()
                assert not overdue, f"{command} hung: {_said(project).read_text()}"
        time.sleep(moment.pause)
    seconds = time.monotonic() - started
    if children:
        _wait_for_the_end_of(process.pid)
    return Attempt(day, command, moment.name, seconds, process.returncode, _said(project).read_text())


def landing_files(project: Project) -> list[Path]:
    """Return the landing files of all runs."""
    return sorted(project.landing.glob("*/*.ndjson.gz"))


@contextlib.contextmanager
def _held(group: int) -> Iterator[None]:
    os.killpg(group, signal.SIGSTOP)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGCONT)


def _wait_for_the_end_of(group: int) -> None:
    """Wait for a child, which can outlive its killed parent by some milliseconds (longer as a zombie)."""
    patience = time.monotonic() + 1
    with contextlib.suppress(ProcessLookupError):
        while time.monotonic() < patience:
            os.killpg(group, 0)
            time.sleep(0.005)


def _files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None


def _said(project: Project) -> Path:
    return project.folder / "said.txt"


def _text(path: Path, start: int) -> str:
    if not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(start)
        return file.read().decode(errors="replace")

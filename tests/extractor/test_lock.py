"""Locks: a second run waits and reports it."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event, Thread

import pytest

from extractor.errors import ConfigError, WarehouseError
from extractor.lock import exclusive

HOLD = """
import sys
from pathlib import Path
from extractor.lock import exclusive
with exclusive(Path(sys.argv[1]), "warehouse", print):
    print("held", flush=True)
    sys.stdin.read()
"""


class Console:
    """Records the messages, and sets an event at the first one."""

    def __init__(self) -> None:
        self.said = ""
        self.spoken = Event()

    def say(self, message: str) -> None:
        self.said += message
        self.spoken.set()


def test_free_lock_is_acquired_silently(tmp_path: Path) -> None:
    console = Console()
    with exclusive(tmp_path / "w.duckdb", "warehouse", console.say):
        pass
    assert console.said == ""


def test_second_holder_waits_and_reports_it(tmp_path: Path) -> None:
    console, order = Console(), []

    def second() -> None:
        with exclusive(tmp_path / "w.duckdb", "warehouse", console.say):
            order.append("second")

    thread = Thread(target=second, daemon=True)
    with exclusive(tmp_path / "w.duckdb", "warehouse", print):
        thread.start()
        assert console.spoken.wait(5)
        order.append("first")
    thread.join(5)
    assert order == ["first", "second"]
    assert "another run holds w.duckdb.warehouse.lock; waiting" in console.said


def test_wait_for_a_lock_has_an_end_and_names_the_holder(tmp_path: Path) -> None:
    with exclusive(tmp_path / "w.duckdb", "warehouse"):
        told = rf"is still held by process {os.getpid()} .* since 20\d\d-"
        with (
            pytest.raises(WarehouseError, match=told),
            exclusive(tmp_path / "w.duckdb", "warehouse", wait_seconds=0.3),
        ):
            pass


def test_file_system_without_locks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    with (
        pytest.raises(ConfigError, match=r"no locks \(No locks available\); choose a folder on a local disk"),
        exclusive(tmp_path / "w.duckdb", "warehouse"),
    ):
        pass


def test_locks_with_different_names_are_independent(tmp_path: Path) -> None:
    console = Console()
    with (
        exclusive(tmp_path / "w.duckdb", "worker-1", console.say),
        exclusive(tmp_path / "w.duckdb", "worker-2", console.say),
    ):
        pass
    assert console.said == ""


def test_lock_is_released_after_an_exception(tmp_path: Path) -> None:
    console = Console()
    with pytest.raises(ValueError, match="oops"), exclusive(tmp_path / "w.duckdb", "warehouse", console.say):
        raise ValueError("oops")
    with exclusive(tmp_path / "w.duckdb", "warehouse", console.say):
        pass
    assert console.said == ""


def test_lock_is_released_when_its_process_dies(tmp_path: Path) -> None:
    pipe, console = subprocess.PIPE, Console()
    command = [sys.executable, "-c", HOLD, str(tmp_path / "w.duckdb")]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        holder.send_signal(signal.SIGKILL)
        holder.wait(5)
    with exclusive(tmp_path / "w.duckdb", "warehouse", console.say):
        pass
    assert console.said == ""


def test_lock_creates_its_folder(tmp_path: Path) -> None:
    with exclusive(tmp_path / "new" / "w.duckdb", "warehouse", print):
        assert (tmp_path / "new").is_dir()


def test_folder_that_cannot_be_created_is_a_readable_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WarehouseError, match="can't be written"), exclusive(tmp_path / "file" / "w", "x", print):
        pass

"""One at a time: a second run waits, and says so."""

import signal
import subprocess
import sys
from pathlib import Path
from threading import Event, Thread

import pytest

from extractor.errors import WarehouseError
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
    """What is said, and an event for who waits for it."""

    def __init__(self) -> None:
        self.said = ""
        self.spoken = Event()

    def say(self, message: str) -> None:
        self.said += message
        self.spoken.set()


def test_the_first_holder_says_nothing(tmp_path: Path) -> None:
    console = Console()
    with exclusive(tmp_path / "w.duckdb", "warehouse", console.say):
        pass
    assert console.said == ""


def test_the_second_holder_waits_and_says_so(tmp_path: Path) -> None:
    console, order = Console(), []

    def second() -> None:
        with exclusive(tmp_path / "w.duckdb", "warehouse", console.say):
            order.append("second")

    thread = Thread(target=second)
    with exclusive(tmp_path / "w.duckdb", "warehouse", print):
        thread.start()
        assert console.spoken.wait(5)
        order.append("first")
    thread.join(5)
    assert order == ["first", "second"]
    assert "another run holds w.duckdb.warehouse.lock; waiting" in console.said


def test_locks_for_different_things_do_not_meet(tmp_path: Path) -> None:
    console = Console()
    with (
        exclusive(tmp_path / "w.duckdb", "worker-1", console.say),
        exclusive(tmp_path / "w.duckdb", "worker-2", console.say),
    ):
        pass
    assert console.said == ""


def test_a_lock_is_free_after_an_error(tmp_path: Path) -> None:
    console = Console()
    with pytest.raises(ValueError, match="oops"), exclusive(tmp_path / "w.duckdb", "warehouse", console.say):
        raise ValueError("oops")
    with exclusive(tmp_path / "w.duckdb", "warehouse", console.say):
        pass
    assert console.said == ""


def test_a_lock_dies_with_its_process(tmp_path: Path) -> None:
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


def test_the_folder_is_made(tmp_path: Path) -> None:
    with exclusive(tmp_path / "new" / "w.duckdb", "warehouse", print):
        assert (tmp_path / "new").is_dir()


def test_a_folder_that_cannot_be_made_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WarehouseError, match="can't be written"), exclusive(tmp_path / "file" / "w", "x", print):
        pass

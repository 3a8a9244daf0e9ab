"""File locks that the operating system releases when the process ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from extractor.errors import WarehouseError


@contextmanager
def exclusive(file: Path, what: str, say: Callable[[str], object] = lambda _: None) -> Iterator[None]:
    """Hold the lock `<file>.<what>.lock` during the block. While another process holds it, call `say` once and wait.

    Raises WarehouseError if the lock file can't be written.
    """
    path = file.with_name(f"{file.name}.{what}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.open("a")
    except OSError as error:
        raise WarehouseError(f"{path}: can't be written: {error.strerror}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"another run holds {path.name}; waiting for it to end")
            fcntl.flock(lock, fcntl.LOCK_EX)
        # dbt inherits the lock: if it outlives a killed run, the next run waits for it.
        os.set_inheritable(lock.fileno(), True)
        yield

"""One at a time: locks that die with their process."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from extractor.errors import WarehouseError


@contextmanager
def alone(file: Path, what: str, say: Callable[[str], object] = lambda _: None) -> Iterator[None]:
    """Be the only one at `what` with a file for the block. If another run is, says so and waits for its end."""
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
        # A dbt that outlives a killed run keeps the lock, and the next run waits for it.
        os.set_inheritable(lock.fileno(), True)
        yield

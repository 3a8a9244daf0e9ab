"""What the fault-injection tests share: the injector, and disks that get full."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.injecting import Injector

FAULTS = ("ENOSPC", "EIO", "full", "kill")


@pytest.fixture(scope="module")
def injector() -> Iterator[Injector]:
    with Injector() as started:
        yield started


def sample(numbers: Sequence[int], at_most: int) -> list[int]:
    """Return numbers evenly spread over the given ones, with the first and the last; all of them if FAULTS=all."""
    last = len(numbers) - 1
    if os.environ.get("FAULTS") == "all" or len(numbers) <= at_most:
        return list(numbers)
    return sorted({numbers[round(place * last / (at_most - 1))] for place in range(at_most)})


def largest(folder: Path) -> int:
    """Return the size of the largest file in a folder."""
    return max(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@contextmanager
def disk(folder: Path) -> Iterator[None]:
    """Mount a separate in-memory file system for the block."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root can mount a file system")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@contextmanager
def filled(disk: Path, room: int) -> Iterator[None]:
    """Leave only so many bytes of room on a disk for the block."""
    filler = disk / "filler"
    filler.write_bytes(bytes(max(0, shutil.disk_usage(disk).free - room)))
    yield
    filler.unlink()

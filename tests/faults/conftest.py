"""What the fault-injection tests share: the injector, and disks that get full."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from tests.faults.injecting import Injector, Task
from tests.pipeline.harness import Project, of_day

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


def share(numbers: Sequence[int], fault: str, at_most: int) -> list[int]:
    """Return a sample of the numbers for a fault; the samples of all faults together are evenly spread."""
    of_all = sample(numbers, at_most * len(FAULTS))
    return of_all[FAULTS.index(fault) :: len(FAULTS)] if len(of_all) < len(numbers) else sample(of_all, at_most)


def task_of(
    command: str,
    project: Project,
    day: date,
    fault: str = "",
    number: int = 0,
    *,
    file_size: int | None = None,
    is_of_dbt: bool = False,
) -> Task:
    arguments = (command, "--config", str(project.config), *of_day(command, day))
    return Task(arguments, fault, number, file_size, is_of_dbt, project.simulator.credentials)


def copy_of(project: Project, folder: Path) -> Project:
    return Project(Path(shutil.copytree(project.folder, folder)), project.simulator)


def left_over(folder: Path) -> list[Path]:
    """Return files that are only needed while a command runs."""
    return [path for path in folder.rglob("*") if path.name.startswith(".") or path.suffix in (".new", ".wal")]


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

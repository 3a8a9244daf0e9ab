"""Whatever an analyst does to the published file, each day publishes the same."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from extractor.engines.duckdb.publish import publish
from tests.faults.injecting import REPO, Injector, Task
from tests.faults.neighbour import ACTIONS
from tests.faults.prepared import FIRST, Prepared, Rows, live, prepare

DAYS = tuple(FIRST + timedelta(days=number) for number in range(3))


@dataclass(frozen=True)
class Undisturbed:
    """The project before each day is published, and what is then published without an analyst."""

    days: list[Prepared]
    published: list[Rows]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    project = prepare(tmp_path_factory.mktemp("undisturbed"))
    days, published = [], []
    for day in DAYS:
        live(project.config, day)
        copy = tmp_path_factory.mktemp("days") / day.isoformat()
        days.append(Prepared(Path(shutil.copytree(project.folder, copy))))
        publish(project.config)
        published.append(project.published())
    return Undisturbed(days, published)


@contextmanager
def neighbour(action: str, database: Path) -> Iterator["subprocess.Popen[str]"]:
    """Run an analyst's action for the block."""
    command = [sys.executable, "-m", "tests.faults.neighbour", action, str(database)]
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, cwd=REPO, text=True, **pipes) as process:
        assert process.stdout
        assert process.stdout.readline() == "begun\n", process.communicate()[1]
        yield process
        process.communicate("\n\n", timeout=60)


@pytest.mark.parametrize("action", ACTIONS)
def test_daily_publish_is_not_affected_by_an_analyst(
    undisturbed: Undisturbed, injector: Injector, tmp_path: Path, action: str
) -> None:
    project = Prepared(tmp_path / "project")
    shutil.copytree(undisturbed.days[0].folder, project.folder)
    publish(project.config)
    for number in (1, 2):
        shutil.copytree(undisturbed.days[number].folder, project.folder, dirs_exist_ok=True)
        is_away = action == "die_later" and number == 2
        with nullcontext() if is_away else neighbour(action, project.config.database):
            outcome = injector.run(Task(("publish", "--config", str(project.path))))
            assert outcome.exit_code == 0, outcome.told
            assert project.published() == undisturbed.published[number]
        assert not project.config.database.stat().st_mode & 0o222
        if (
            action == "die_later" and not is_away
        ):  # its write-ahead log exists: unpublished rows can't be read, and are gone the next day
            with pytest.raises(duckdb.IOException, match="WAL was created for an older version"):
                project.published()
            continue
        assert project.published() == undisturbed.published[number]
        assert [path.name for path in project.config.database.parent.iterdir()] == ["s.duckdb"]

"""After any failing call or kill while changes are handed over, a rerun gives the result of a run without faults.

Nothing is lost, and what the command gets twice is marked. The feed is the one before or the one after. The day is
published before: a fault is only a warning. `FAULTS=all` tests every call, not only a sample.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from extractor.config.settings import read_config
from extractor.engines.duckdb.publish import publish
from extractor.simulator.generated import GeneratedWorld
from extractor.simulator.server import Simulator
from tests.faults.conftest import FAULTS, copy_of, disk, filled, left_over, share, task_of
from tests.faults.injecting import Injector, Outcome
from tests.faults.prepared import Rows, contents
from tests.pipeline.harness import Project

pytestmark = pytest.mark.slow

DAYS = (date(2026, 1, 1), date(2026, 1, 2))
WORLD = """
first_day: 2026-01-01
days: 2
tracks: 200
playlists: {churning: {size: 60, churn: 0.5, pool: [0, 120]}, large: {size: 120, churn: 0.2, pool: [0, 200]}}
"""
HEAR = ["sh", "-c", 'cat > heard/part && mv heard/part "heard/$(ls heard | grep -c json).json"']
AT_ONCE = 2


@dataclass(frozen=True)
class Passed:
    """What has been passed on: the feed, the record of what was handed over, and the objects that the command got."""

    feed: str
    record: Rows
    heard: list[dict[str, Any]]

    @classmethod
    def of(cls, project: Project) -> "Passed":
        arrays = [json.loads(path.read_text()) for path in sorted((project.folder / "heard").glob("*.json"))]
        heard = [each for array in arrays for each in array]
        feed = (project.folder / "feed.atom").read_text()
        return cls(feed, contents(project.folder / "handed_over.duckdb"), heard)


@dataclass(frozen=True)
class Scene:
    """A project whose last day is published but not passed on; what is passed on before and after, and the calls."""

    project: Project
    before: Passed
    after: Passed
    calls: range


def published_copy(project: Project, folder: Path) -> Project:
    """Return a copy of a project with a file that it has published itself: for another, a daily run builds."""
    copied = copy_of(project, folder)
    publish(read_config(copied.config))
    return copied


@pytest.fixture(scope="module")
def scene(injector: Injector, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with Simulator(GeneratedWorld.from_text(WORLD), DAYS[0]) as simulator:
        project = Project(tmp_path_factory.mktemp("published"), simulator)
        project.watch(simulator.world.playlist_ids)
        (project.folder / "heard").mkdir()

        def daily(project: Project, day: date, **options: Any) -> Outcome:
            project.configure(api={"max_in_flight": 1}, **options)
            outcome = injector.run(task_of("daily", project, day))
            assert outcome.exit_code == 0, outcome.told
            return outcome

        daily(project, DAYS[0], on_change={"command": HEAR})
        feed = (project.folder / "feed.atom").read_bytes()
        simulator.day = DAYS[1]
        daily(project, DAYS[1])
        (project.folder / "feed.atom").write_bytes(feed)
        project.configure(api={"max_in_flight": 1}, on_change={"command": HEAR})
        undisturbed = published_copy(project, tmp_path_factory.mktemp("after") / "project")
        outcome = injector.run(task_of("daily", undisturbed, DAYS[1]))
        assert outcome.exit_code == 0, outcome.told
        assert "not rebuilt" in outcome.told
        calls = range(outcome.before_passing + 1, outcome.after_passing + 1)
        yield Scene(project, Passed.of(project), Passed.of(undisturbed), calls)


def check(scene: Scene, project: Project, outcome: Outcome, injector: Injector, what: str) -> None:
    """Check that what was handed over is whole and marked where it is repeated, and that a rerun completes it."""
    told = f"{what}: {outcome}"
    passed = Passed.of(project)
    assert passed.feed in (scene.before.feed, scene.after.feed), told
    assert passed.heard in ([], scene.after.heard), told
    if not outcome.was_killed:  # a write-ahead log has what is committed, if DuckDB had no room to checkpoint
        assert {path.suffix for path in left_over(project.folder)} <= {".wal"}, told
    if "warning: " not in outcome.told and outcome.exit_code == 0:
        assert passed == scene.after, told
    again = injector.run(task_of("daily", project, DAYS[1]))
    told = f"{told}, and again: {again}"
    assert again.exit_code == 0, told
    assert "warning: " not in again.told, told
    completed = Passed.of(project)
    assert (completed.feed, completed.record) == (scene.after.feed, scene.after.record), told
    handed_over = completed.heard[len(passed.heard) :]
    if passed.record == scene.after.record:
        assert (passed.heard, handed_over) == (scene.after.heard, []), told
    else:  # an attempt may have begun and ended before the command
        assert [{key: each[key] for key in each if key != "again"} for each in handed_over] == scene.after.heard, told
        assert not passed.heard or all(each.get("again") for each in handed_over), told
    assert left_over(project.folder) == [], told


def test_changes_are_handed_over_without_faults(scene: Scene) -> None:
    assert scene.before.feed != scene.after.feed
    assert scene.before.heard == []
    assert len(scene.after.heard) > 50
    assert scene.after.record["main.outbox"] == []
    assert len(scene.after.record["main.known"]) == len(scene.after.heard)


@pytest.mark.parametrize("fault", FAULTS)
def test_failing_call_is_a_warning_and_recovered_by_a_rerun(
    scene: Scene, injector: Injector, tmp_path: Path, fault: str
) -> None:
    for number in share(scene.calls, fault, AT_ONCE):
        project = published_copy(scene.project, tmp_path / str(number))
        outcome = injector.run(task_of("daily", project, DAYS[1], fault, number))
        assert outcome.was_killed == (fault == "kill"), f"call {number}: {outcome}"
        assert outcome.exit_code == 0 or outcome.was_killed, f"call {number}: {outcome}"
        check(scene, project, outcome, injector, f"{fault} at call {number} of {scene.calls}")
        shutil.rmtree(project.folder)


@pytest.mark.parametrize("size", [0, 4000, 20_000, 200_000])
def test_file_size_limit_is_recovered_by_a_rerun(scene: Scene, injector: Injector, tmp_path: Path, size: int) -> None:
    project = published_copy(scene.project, tmp_path / "project")
    outcome = injector.run(task_of("daily", project, DAYS[1], file_size=size))
    check(scene, project, outcome, injector, f"no file larger than {size} bytes")


@pytest.mark.parametrize("room", [0, 20_000, 100_000, 400_000])
def test_full_disk_is_recovered_by_a_rerun(scene: Scene, injector: Injector, tmp_path: Path, room: int) -> None:
    with disk(tmp_path / "disk"):
        project = published_copy(scene.project, tmp_path / "disk" / "project")
        with filled(tmp_path / "disk", room):
            outcome = injector.run(task_of("daily", project, DAYS[1]))
        check(scene, project, outcome, injector, f"{room} bytes of room")

"""After any failing call or kill, rerunning the command gives the state of a run without faults.

Until the rerun, nothing has changed and the exit code says so; of an import, whole days may have landed. `FAULTS=all`
tests every call, not only a sample.
"""

import hashlib
import re
import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from extractor.engines.duckdb.load import load
from extractor.engines.duckdb.publish import publish
from extractor.imports.watching import watch
from extractor.simulator.identifiers import spotify_id
from tests.faults.conftest import FAULTS, disk, filled, largest, share
from tests.faults.injecting import CRASHED, Injector, Outcome, Task
from tests.faults.prepared import FIRST, Prepared, Rows, build, land, live, prepare
from tests.imports.layouts import archive, table_rows, write_csv
from tests.imports.worlds import generate

pytestmark = pytest.mark.slow

DAYS = tuple(FIRST + timedelta(days=number) for number in range(4))
COMMANDS = {
    "load": ("load",),
    "purge": ("purge", "--date", DAYS[3].isoformat(), "--keep-days", "2"),
    "publish": ("publish",),
    "report": ("report",),
    "export": ("export", "--format", "csv"),
    "forget": ("forget", "--day", DAYS[2].isoformat()),
    "report in a folder": ("report", "--output", "{folder}/pages/"),
    "snapshots": ("export", "--format", "snapshots"),
    "import": ("import", "table", "{folder}/theirs/table.csv", "--watch", "--yes"),
    "archive": ("import", "archive", "{folder}/theirs/archive"),
}
OUTPUTS = ("public/report.html", "pages/*.html", "public/export/*.csv", "public/export/*.parquet", "seeds/*.csv")
AT_ONCE = 3


@dataclass(frozen=True)
class State:
    """All that a command may change."""

    raw: Rows
    published: Rows
    landed: dict[str, str]
    files: list[str]
    outputs: dict[str, str]

    @classmethod
    def of(cls, project: Prepared) -> "State":
        return cls(project.raw(), project.published(), project.landed(), project.files(), outputs_of(project))


def outputs_of(project: Prepared) -> dict[str, str]:
    """Return the hashes of reports and exports, less the report's time."""
    found = {}
    for path in (path for pattern in OUTPUTS for path in project.folder.glob(pattern)):
        content = re.sub(rb"\d\d:\d\d UTC", b"", path.read_bytes())
        found[path.name] = hashlib.sha256(content).hexdigest()
    return found


@dataclass(frozen=True)
class Scene:
    """The project before a command, and its states before and after it."""

    command: str
    project: Prepared
    before: State
    after: State
    calls: int

    def task(self, project: Prepared, fault: str = "", number: int = 0, file_size: int | None = None) -> Task:
        arguments = (each.format(folder=project.folder) for each in COMMANDS[self.command])
        return Task((*arguments, "--config", str(project.path)), fault, number, file_size)

    def numbers(self, fault: str) -> list[int]:
        """Return the numbers of the calls that fail in this test run: each fault has others."""
        return share(range(1, self.calls + 1), fault, AT_ONCE)


@pytest.fixture(scope="module", params=COMMANDS)
def scene(request: pytest.FixtureRequest, injector: Injector, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """Return a project of some days whose last one is to be loaded, published or purged; an import adds others."""
    project = prepare(tmp_path_factory.mktemp("before"))
    world = generate(1, playlists=4, days=4)
    if request.param == "import":
        write_csv(project.folder / "theirs" / "table.csv", table_rows(world))
        watch(project.config.seeds / "playlists.csv", {spotify_id("list"): "a list"})
    elif request.param == "archive":
        archive(project.folder / "theirs" / "archive", world)
    live(project.config, *DAYS[:3])
    publish(project.config)
    land(project.config, DAYS[3])
    if request.param != "load":
        load(project.config)
        build(project.config)
    undisturbed = copy_of(project, tmp_path_factory.mktemp("after") / "project")
    scene = Scene(request.param, project, State.of(project), State.of(project), 0)
    outcome = injector.run(scene.task(undisturbed))
    assert outcome.exit_code == 0, outcome.told
    return Scene(request.param, project, scene.before, State.of(undisturbed), outcome.calls)


def copy_of(project: Prepared, folder: Path) -> Prepared:
    # A plain copy, as by cp: each copy has its own published file.
    return Prepared(Path(shutil.copytree(project.folder, folder)))


def check(scene: Scene, project: Prepared, outcome: Outcome, injector: Injector, what: str) -> None:
    """Check that the command took effect completely or not at all, and that a rerun completes it."""
    told = f"{scene.command}, {what}: {outcome}"
    state = State.of(project)
    assert outcome.exit_code != CRASHED, told
    assert state.published in (scene.before.published, scene.after.published), told
    assert state.raw in (scene.before.raw, scene.after.raw), told
    for name, content in state.outputs.items():
        assert content in (scene.before.outputs.get(name), scene.after.outputs.get(name)), f"{name}, {told}"
    if state.raw == scene.before.raw:  # landing files are removed only after the rows are purged
        assert scene.before.landed.items() <= state.landed.items(), told
        assert state.landed.items() <= (scene.before.landed | scene.after.landed).items(), told
    if outcome.exit_code == 0:
        assert state == scene.after, told
    elif not outcome.was_killed:
        assert set(state.files) <= {*scene.before.files, *scene.after.files}, told
    again = injector.run(scene.task(project))
    assert again.exit_code == 0, f"{told}, and again: {again}"
    assert State.of(project) == scene.after, told


def test_command_changes_something_without_faults(scene: Scene) -> None:
    assert scene.before != scene.after
    assert scene.calls > 10


@pytest.mark.parametrize("fault", FAULTS)
def test_failing_call_is_recovered_by_a_rerun(scene: Scene, injector: Injector, tmp_path: Path, fault: str) -> None:
    for number in scene.numbers(fault):
        project = copy_of(scene.project, tmp_path / str(number))
        outcome = injector.run(scene.task(project, fault, number))
        assert outcome.was_killed == (fault == "kill"), f"call {number} of {scene.calls}: {outcome}"
        check(scene, project, outcome, injector, f"{fault} at call {number} of {scene.calls}")
        shutil.rmtree(project.folder)


@pytest.mark.parametrize("parts", [0, 1, 3, 5, 7])
def test_file_size_limit_is_recovered_by_a_rerun(scene: Scene, injector: Injector, tmp_path: Path, parts: int) -> None:
    size = largest(scene.project.folder) * parts // 8
    project = copy_of(scene.project, tmp_path / "project")
    outcome = injector.run(scene.task(project, file_size=size))
    check(scene, project, outcome, injector, f"no file larger than {size} bytes")


@pytest.mark.parametrize("room", [0, 100_000, 400_000, 800_000, 1_600_000, 3_200_000])
def test_full_disk_is_recovered_by_a_rerun(scene: Scene, injector: Injector, tmp_path: Path, room: int) -> None:
    with disk(tmp_path / "disk"):
        project = copy_of(scene.project, tmp_path / "disk" / "project")
        with filled(tmp_path / "disk", room):
            outcome = injector.run(scene.task(project))
        check(scene, project, outcome, injector, f"{room} bytes of room")

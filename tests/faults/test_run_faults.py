"""After any failing call or kill in extract, login or a whole day, a rerun gives the result of a run without faults.

Until then nothing that landed is lost, and the published file and the stored login are the ones before or the ones
after. `FAULTS=all` tests every call, not only a sample.
"""

import shutil
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests

from extractor.landing.cache import CachedContent
from extractor.landing.runs import DayReport
from extractor.landing.unavailable import Unavailable, unavailable_playlists, unknown_tracks
from extractor.simulator.generated import GeneratedWorld
from extractor.simulator.identifiers import spotify_id
from extractor.simulator.server import Simulator
from extractor.simulator.tokens import CLIENT_ID
from extractor.spotify.login import save_login
from extractor.spotify.token_store import TokenStore, UserToken
from tests.faults.conftest import FAULTS, copy_of, disk, filled, largest, left_over, share, task_of
from tests.faults.injecting import Injector, Outcome, Task
from tests.pipeline.harness import Project

pytestmark = pytest.mark.slow

DAYS = (date(2026, 1, 1), date(2026, 1, 2))
WORLD = """
first_day: 2026-01-01
days: 2
tracks: 200
playlists:
  churning: {size: 30, churn: 0.3, returns: 0.6, pool: [0, 50]}
  still: {size: 105, pool: [10, 150]}
  large: {size: 120, churn: 0.1, pool: [0, 200]}
  zeros: {size: 15, churn: 0.2, list_popularity_zero: 0.5, pool: [100, 130]}
  back: {size: 12, pool: [120, 150], events: {2026-01-01: {status: 404}}}
  outage: {size: 12, pool: [120, 150], events: {2026-01-02: {status: 404}}}
"""
PARTLY = 3
"""Exit code of the second day: a playlist is unavailable, and Spotify does not know a watched track."""

AT_ONCE, OF_A_DAY, OF_DBT = 4, 2, 1
"""Number of calls at which each fault is tried: of extract and login, of a whole day, and of its dbt."""

OF_ROTATION = 30
"""Number of calls of an extraction in which a token is exchanged; the rest is the same for every login."""

Marts = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True)
class State:
    """What a run may change, less instants of observation and names of runs."""

    outcomes: dict[str, str]
    found_tracks: set[str]
    popular_tracks: set[str]
    answered_tracks: set[str]
    unavailable: list[Unavailable]
    unknown: dict[str, date]
    cached: dict[str, tuple[str | None, tuple[str, ...]]]
    published: Marts

    @classmethod
    def of(cls, project: Project) -> "State":
        day, landing = DayReport(project.landing, DAYS[1]), project.landing
        assert day.problems == []
        contents = {path.stem: CachedContent.load(landing, path.stem) for path in landing.glob("contents/*.json")}
        return cls(
            outcomes=day.outcomes,
            found_tracks=day.memory.found_tracks,
            popular_tracks=day.memory.popular_tracks,
            answered_tracks=day.memory.answered_tracks,
            unavailable=list(unavailable_playlists(landing)),
            unknown=unknown_tracks(landing),
            cached={name: (each.snapshot_id, each.tracks) for name, each in contents.items() if each},
            published={mart: rows for mart, rows in project.marts().items() if mart != "runs"},
        )


@dataclass(frozen=True)
class Scene:
    """A project before a command of the second day, its states before and after it, and the calls of it and of dbt."""

    command: str
    project: Project
    before: State
    after: State
    calls: int
    dbt_calls: int

    def task(
        self,
        project: Project,
        fault: str = "",
        number: int = 0,
        *,
        file_size: int | None = None,
        is_of_dbt: bool = False,
    ) -> Task:
        return task_of(self.command, project, DAYS[1], fault, number, file_size=file_size, is_of_dbt=is_of_dbt)

    def numbers(self, fault: str) -> list[tuple[int, bool]]:
        """Return the calls that fail in this test run, and whether they are dbt's: each fault has others."""
        of_command = share(range(1, self.calls + 1), fault, OF_A_DAY if self.dbt_calls else AT_ONCE)
        of_dbt = share(range(1, self.dbt_calls + 1), fault, OF_DBT)
        return [*((number, False) for number in of_command), *((number, True) for number in of_dbt)]


def landed(project: Project) -> dict[str, bytes]:
    """Return the content of all landing files."""
    return {str(path.relative_to(project.landing)): path.read_bytes() for path in project.landing.glob("*/*.gz")}


@pytest.fixture(scope="module")
def first_day(injector: Injector, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Return a project after its first day; its simulator is at the second."""
    with Simulator(GeneratedWorld.from_text(WORLD), DAYS[0]) as simulator:
        project = Project(tmp_path_factory.mktemp("first_day"), simulator)
        project.watch(simulator.world.playlist_ids, tracks=[spotify_id("unknown")])
        project.configure(api={"max_in_flight": 1, "requests_per_day": 500}, discover_tracks=True)
        outcome = injector.run(task_of("daily", project, DAYS[0]))
        assert outcome.exit_code == PARTLY, outcome.told
        shutil.rmtree(project.landing / "unknown_tracks")  # so that the second day records it, too
        simulator.day = DAYS[1]
        yield project


@pytest.fixture(scope="module", params=["extract", "daily"])
def scene(
    request: pytest.FixtureRequest, first_day: Project, injector: Injector, tmp_path_factory: pytest.TempPathFactory
) -> Scene:
    """Return a scene of a command."""
    undisturbed = copy_of(first_day, tmp_path_factory.mktemp("after") / "project")
    outcome = injector.run(task_of(request.param, undisturbed, DAYS[1]))
    assert outcome.exit_code == PARTLY, outcome.told
    before, after = State.of(first_day), State.of(undisturbed)
    return Scene(request.param, first_day, before, after, outcome.calls, outcome.dbt_calls)


def check(scene: Scene, project: Project, outcome: Outcome, injector: Injector, what: str) -> None:
    """Check that nothing is lost or half-published, and that a rerun completes the day."""
    told = f"{scene.command}, {what}: {outcome}"
    assert outcome.exit_code in (1, PARTLY) or outcome.was_killed, told
    after_fault = landed(project)
    assert landed(scene.project).items() <= after_fault.items(), told
    state = State.of(project)
    assert state.published in (scene.before.published, scene.after.published), told
    if outcome.exit_code == PARTLY:
        assert state == scene.after, told
    if not outcome.was_killed:
        assert left_over(project.landing) == [], told
    again = injector.run(scene.task(project))
    told = f"{told}, and again: {again}"
    assert again.exit_code == PARTLY, told
    assert State.of(project) == scene.after, told
    assert after_fault.items() <= landed(project).items(), told
    assert left_over(project.folder) == [], told


def test_commands_change_something_without_faults(scene: Scene) -> None:
    assert scene.before.outcomes == {}
    assert set(scene.after.outcomes.values()) == {"complete", "unchanged", "unavailable"}
    assert scene.after.unknown
    assert scene.after.answered_tracks - scene.after.popular_tracks
    assert (scene.before.published != scene.after.published) == (scene.command == "daily")
    assert bool(scene.dbt_calls) == (scene.command == "daily")


@pytest.mark.parametrize("fault", FAULTS)
def test_failing_call_is_recovered_by_a_rerun(scene: Scene, injector: Injector, tmp_path: Path, fault: str) -> None:
    for number, is_of_dbt in scene.numbers(fault):
        project = copy_of(scene.project, tmp_path / f"{number}{is_of_dbt}")
        outcome = injector.run(scene.task(project, fault, number, is_of_dbt=is_of_dbt))
        assert outcome.was_killed == (fault == "kill" and not is_of_dbt), f"call {number}: {outcome}"
        check(scene, project, outcome, injector, f"{fault} at call {number}{' of dbt' if is_of_dbt else ''}")
        shutil.rmtree(project.folder)


@pytest.mark.parametrize("eighths", [0, 1, 4, 7])
def test_file_size_limit_is_recovered_by_a_rerun(
    scene: Scene, injector: Injector, tmp_path: Path, eighths: int
) -> None:
    of = largest(scene.project.folder if scene.command == "daily" else scene.project.landing)
    project = copy_of(scene.project, tmp_path / "project")
    outcome = injector.run(scene.task(project, file_size=of * eighths // 8))
    check(scene, project, outcome, injector, f"no file larger than {eighths}/8 of {of} bytes")


@pytest.mark.parametrize("room", [0, 20_000, 60_000, 2_000_000])
def test_full_disk_is_recovered_by_a_rerun(scene: Scene, injector: Injector, tmp_path: Path, room: int) -> None:
    with disk(tmp_path / "disk"):
        project = copy_of(scene.project, tmp_path / "disk" / "project")
        with filled(tmp_path / "disk", room):
            outcome = injector.run(scene.task(project))
        check(scene, project, outcome, injector, f"{room} bytes of room")


@dataclass(frozen=True)
class User:
    """Someone with a project and, after a login, a token file in a folder of its own. The app's secret is not set."""

    project: Project

    @property
    def file(self) -> Path:
        return self.project.folder / "login" / "token.json"

    @property
    def token(self) -> str | None:
        """Return the stored token, which must be whole and private; None if there is none."""
        if not self.file.exists():
            return None
        assert stat.S_IMODE(self.file.stat().st_mode) == 0o600
        return TokenStore(self.file).read().refresh_token

    @property
    def files(self) -> set[str]:
        """Return the names of all files in the token's folder, less locks."""
        return {path.name for path in self.file.parent.glob("*") if path.suffix != ".lock"}

    def log_in(self) -> str:
        """Store a new login, as an earlier day has; return its token."""
        token = self.project.simulator.tokens.log_in()
        save_login(UserToken(token, CLIENT_ID, DAYS[0]), self.file)
        return token

    def is_accepted(self, token: str | None) -> bool:
        """Return whether the simulator accepts a token, which it exchanges for another then."""
        form = {"grant_type": "refresh_token", "refresh_token": token or "", "client_id": CLIENT_ID}
        return requests.post(self.project.simulator.token_url, data=form, timeout=10).status_code == 200

    def task(self, command: str, fault: str = "", number: int = 0, file_size: int | None = None) -> Task:
        browser = {"BROWSER": f"{sys.executable} -m tests.faults.browser %s &", "DISPLAY": "none"}
        environment = {"SPOTIFY_CLIENT_ID": CLIENT_ID, "SPOTIFY_TOKEN_FILE": str(self.file)}
        if command == "login":
            arguments = ("login", "--port", "0", "--config", str(self.project.config))
            return Task(arguments, fault, number, file_size, environment=environment | browser)
        return replace(
            task_of(command, self.project, DAYS[1], fault, number, file_size=file_size), environment=environment
        )


@pytest.fixture(scope="module")
def calls_of(first_day: Project, injector: Injector, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[int]]:
    """Return the numbers of the calls of each command that stores a login."""
    user = User(copy_of(first_day, tmp_path_factory.mktemp("user") / "project"))
    calls = {}
    for command, exit_code in (("login", 0), ("extract", PARTLY)):
        outcome = injector.run(user.task(command))
        assert outcome.exit_code == exit_code, outcome.told
        calls[command] = list(range(1, outcome.calls + 1))
    return calls


def check_login(user: User, before: str | None, outcome: Outcome, injector: Injector, what: str) -> None:
    """Check that the login is the one before or the one after, whole, and that a rerun stores a new one."""
    told = f"login, {what}: {outcome}"
    after = user.token
    assert outcome.exit_code in (0, 1, 2) or outcome.was_killed, told
    assert after == before or user.is_accepted(after), told
    if outcome.exit_code == 0:
        assert after != before, told
    if not outcome.was_killed:
        assert user.files == ({user.file.name} if after else set()), told
    again = injector.run(user.task("login"))
    assert again.exit_code == 0, f"{told}, and again: {again}"
    assert user.token not in (before, after), told
    assert user.files == {user.file.name}, told
    assert user.is_accepted(user.token), told


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("fault", FAULTS)
def test_login_with_a_failing_call_keeps_a_login_whole(
    calls_of: dict[str, list[int]], first_day: Project, injector: Injector, tmp_path: Path, fault: str, is_first: bool
) -> None:
    for number in share(calls_of["login"], fault, AT_ONCE):
        user = user_of(first_day, tmp_path / str(number))
        before = None if is_first else user.log_in()
        outcome = injector.run(user.task("login", fault, number))
        assert outcome.was_killed == (fault == "kill"), f"call {number}: {outcome}"
        check_login(user, before, outcome, injector, f"{fault} at call {number}")


@pytest.mark.parametrize("size", [0, 20, 4000, 5000])
def test_login_with_a_file_size_limit_keeps_a_login_whole(
    first_day: Project, injector: Injector, tmp_path: Path, size: int
) -> None:
    user = user_of(first_day, tmp_path)
    before = user.log_in()
    outcome = injector.run(user.task("login", file_size=size))
    check_login(user, before, outcome, injector, f"no file larger than {size} bytes")


@pytest.mark.parametrize("room", [0, 4096, 8192])
def test_login_on_a_full_disk_keeps_a_login_whole(
    first_day: Project, injector: Injector, tmp_path: Path, room: int
) -> None:
    with disk(tmp_path / "disk"):
        user = user_of(first_day, tmp_path / "disk")
        before = user.log_in()
        with filled(tmp_path / "disk", room):
            outcome = injector.run(user.task("login"))
        check_login(user, before, outcome, injector, f"{room} bytes of room")


def user_of(project: Project, folder: Path) -> User:
    """Return a user with a configuration like that of a project, and nothing else."""
    folder.mkdir(exist_ok=True)
    shutil.copy(project.config, folder)
    return User(Project(folder, project.simulator))


def is_kept(user: User, outcome: Outcome, injector: Injector, what: str) -> bool:
    """Check that the token file is whole after a run that exchanges its token; return whether the next run can use it.

    A run that could not store the new token says so, unless it was killed.
    """
    told = f"extract as a user, {what}: {outcome}"
    assert outcome.exit_code in (1, 2, PARTLY) or outcome.was_killed, told
    assert user.token is not None, told
    if not outcome.was_killed:
        assert user.files == {user.file.name}, told
    again = injector.run(user.task("extract"))
    told = f"{told}, and again: {again}"
    assert user.files == {user.file.name}, told
    if again.exit_code == PARTLY:
        return True
    assert "no longer accepts the user's login" in again.told, told
    assert outcome.was_killed or "the user's new login is not stored" in outcome.told, told
    return False


@pytest.mark.parametrize("fault", FAULTS)
def test_rotated_token_is_lost_only_between_its_arrival_and_its_rename(
    calls_of: dict[str, list[int]], first_day: Project, injector: Injector, tmp_path: Path, fault: str
) -> None:
    lost = []
    for number in share(calls_of["extract"][:OF_ROTATION], fault, AT_ONCE):
        user = reader_of(first_day, tmp_path / str(number))
        outcome = injector.run(user.task("extract", fault, number))
        if not is_kept(user, outcome, injector, f"{fault} at call {number}"):
            lost.append(number)
    # The new token is written over the room taken for it, which is cut, synced and renamed.
    assert lost == [] or lost[-1] - lost[0] < 4, lost


@pytest.mark.parametrize("size", [0, 20, 4000, 5000])
def test_rotated_token_survives_a_file_size_limit(
    first_day: Project, injector: Injector, tmp_path: Path, size: int
) -> None:
    user = reader_of(first_day, tmp_path / "project")
    outcome = injector.run(user.task("extract", file_size=size))
    assert is_kept(user, outcome, injector, f"no file larger than {size} bytes")


@pytest.mark.parametrize("room", [0, 4096, 8192, 16384])
def test_rotated_token_survives_a_full_disk(first_day: Project, injector: Injector, tmp_path: Path, room: int) -> None:
    with disk(tmp_path / "disk"):
        user = reader_of(first_day, tmp_path / "disk" / "project")
        with filled(tmp_path / "disk", room):
            outcome = injector.run(user.task("extract"))
        assert is_kept(user, outcome, injector, f"{room} bytes of room")


def reader_of(project: Project, folder: Path) -> User:
    """Return a user who is logged in and has read the first day."""
    user = User(copy_of(project, folder))
    user.log_in()
    return user

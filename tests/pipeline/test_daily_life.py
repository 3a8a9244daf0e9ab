"""Runs the commands that docs/operating.md and examples/ show, in an isolated home directory."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.pipeline.harness import REPO, Project
from tests.pipeline.histories import RUNS, january

pytestmark = pytest.mark.slow

EXAMPLES = REPO / "examples"
LEFT_BEHIND = shutil.ignore_patterns(".venv*", "data", ".git", "target", "logs", ".*_cache", "__pycache__", ".user.yml")

# An analyst: opens the published file for each query, and reports when the result changes.
READER = """
import sys, time, duckdb
asked, last, until = 0, None, sys.argv[2]
while last != until:
    with duckdb.connect(sys.argv[1], read_only=True) as connection:
        [(day,)] = connection.execute("select max(date)::varchar from playlist_days").fetchall()
    asked += 1
    if day != last:
        print(day, flush=True)
    last = day
    time.sleep(0.005)
print(asked)
"""


@dataclass(frozen=True)
class Home:
    """A home directory with a fresh clone of the project and its virtual environment."""

    folder: Path

    @property
    def clone(self) -> Path:
        return self.folder / "spotify-track-history"

    def run(self, command: str, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
        """Run a shell line as cron would, with a minimal environment."""
        environment = {"HOME": str(self.folder), "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"}
        return subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=cwd or self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("home"))
    shutil.copytree(REPO, home.clone, ignore=LEFT_BEHIND)
    (home.clone / ".venv").symlink_to(REPO / ".venv")
    return home


@pytest.fixture(scope="module")
def restored(home: Home, published_histories: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Restore a backup of another machine into the home with the documented commands."""
    lost = tmp_path_factory.mktemp("another machine")
    shutil.copytree(published_histories.landing, lost / "data" / "landing")
    shutil.copytree(published_histories.folder / "seeds", lost / "seeds")
    simulator = published_histories.simulator
    api = {"base_url": simulator.base_url, "token_url": simulator.token_url}
    (lost / "config.yaml").write_text(yaml.safe_dump({"api": api}), encoding="utf-8")
    section = (REPO / "docs" / "operating.md").read_text(encoding="utf-8").split("## Backup")[1]
    back_up, restore, rebuild = re.findall(r"^([^#\n]+?) *#", section.split("```")[1], re.MULTILINE)
    for command, cwd in ((back_up, lost), (restore, home.clone), (rebuild, home.clone)):
        finished = home.run(command, cwd)
        assert finished.returncode == 0, finished.stdout + finished.stderr
    return Project(home.clone / "data", simulator)


def test_backup_restores_the_same_tables(restored: Project, published_histories: Project) -> None:
    assert restored.marts() == published_histories.marts()


def test_cron_line_runs_a_day_and_a_reader_sees_the_old_then_the_new_state(home: Home, restored: Project) -> None:
    keep = home.folder / ".config" / "spotify-track-history" / "env"
    keep.parent.mkdir(parents=True)
    keep.write_text("".join(f"{name}={value}\n" for name, value in restored.simulator.credentials.items()))
    today = datetime.now(UTC).date().isoformat()
    line = (EXAMPLES / "crontab").read_text(encoding="utf-8").splitlines()[-1]
    minute, hour, *_, command = line.split(maxsplit=5)
    assert "%" not in command  # cron treats % as the end of the line
    assert minute.isdecimal()
    assert re.fullmatch(r"[\d,]+", hour)
    reader = [sys.executable, "-c", READER, str(restored.database), today]
    with subprocess.Popen(reader, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as reading:
        finished = home.run(command)
        seen, error = reading.communicate(timeout=10)
    said = (home.folder / "spotify-track-history.log").read_text(encoding="utf-8")
    assert finished.returncode == 0, said
    assert f"published {restored.database}" in said
    assert error == ""
    old, new, asked = seen.split()
    assert (old, new) == (january(RUNS[-1]).isoformat(), today)
    assert int(asked) > 50


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here to judge its units")
def test_systemd_units_are_valid(tmp_path: Path) -> None:
    for name in ("spotify-track-history.service", "spotify-track-history.timer"):
        unit = (EXAMPLES / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(unit.replace("/srv/spotify-track-history/run.sh", str(REPO / "run.sh")))
    units = [str(path) for path in sorted(tmp_path.iterdir())]
    verified = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stdout, verified.stderr) == (0, "", "")
    judge = ["systemd-analyze", "security", "--offline=true", "--threshold=20", units[0]]
    assert subprocess.run(judge, capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def daily_job() -> dict[str, Any]:
    job: dict[str, Any] = yaml.safe_load((EXAMPLES / "github" / "daily.yml").read_text(encoding="utf-8"))["jobs"][
        "daily"
    ]
    return job


def step(job: dict[str, Any], name: str) -> dict[str, Any]:
    [step] = [step for step in job["steps"] if step.get("name") == name]
    return dict(step)


def shell(script: str, cwd: Path, job: dict[str, Any]) -> "subprocess.CompletedProcess[str]":
    """Run a script as GitHub's runner runs a step of a job."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(cwd)} | job["env"]
    command = ["bash", "-e", "-c", script]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


ORIGIN = """
git init -q --bare origin
git -C origin symbolic-ref HEAD refs/heads/main
git clone -q origin first
cd first
echo code > code
git add code
git commit -qm code
git push -q origin HEAD:main
"""


def test_workflow_stores_landing_files_in_its_own_branch(tmp_path: Path, daily_job: dict[str, Any]) -> None:
    keep = step(daily_job, "Keep what has landed")
    assert keep["if"] == "always()"
    assert shell(ORIGIN, tmp_path, daily_job).returncode == 0
    for number, landed in ((1, ["1"]), (2, ["1", "2"]), (3, ["1", "2"])):
        clone = tmp_path / f"job{number}"
        assert shell(f"git clone -q --depth 1 file://{tmp_path}/origin {clone}", tmp_path, daily_job).returncode == 0
        got = shell(step(daily_job, "Get what has landed so far")["run"], clone, daily_job)
        assert got.returncode == 0, got.stderr
        assert sorted(path.name for path in (clone / "data" / "landing").glob("[0-9]")) == landed[: number - 1]
        for day in landed:  # the third job has nothing new
            (clone / "data" / "landing" / day).write_text(day)
        kept = shell(keep["run"], clone, daily_job)
        assert kept.returncode == 0, kept.stderr
        in_branch = shell("git -C origin ls-tree --name-only landing", tmp_path, daily_job)
        assert in_branch.stdout.split() == landed
    commits = shell("git -C origin rev-list --count landing", tmp_path, daily_job)
    assert commits.stdout.strip() == "3"  # an empty commit, and the two with new files


@pytest.mark.parametrize(("code", "ends_with"), [(0, 0), (3, 0), (75, 0), (1, 1), (2, 2)])
def test_workflow_fails_if_nothing_was_published(
    tmp_path: Path, daily_job: dict[str, Any], code: int, ends_with: int
) -> None:
    (tmp_path / "run.sh").write_text(f"#!/bin/sh\nexit {code}\n")
    (tmp_path / "run.sh").chmod(0o755)
    finished = shell(step(daily_job, "Read the day, build and publish")["run"], tmp_path, daily_job)
    assert finished.returncode == ends_with
    assert ("::warning::" in finished.stdout) == (code in (3, 75))

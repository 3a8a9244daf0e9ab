"""Fixtures: a project into which a test imports."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from extractor.cli.commands import main
from tests.imports.worlds import Imported, landed
from tests.pipeline.harness import lend_parsed


@dataclass(frozen=True)
class Target:
    """An empty project, and what a command printed."""

    folder: Path
    capsys: pytest.CaptureFixture[str]

    @property
    def landing(self) -> Path:
        return self.folder / "landing"

    @property
    def seed(self) -> Path:
        return self.folder / "seeds" / "playlists.csv"

    @property
    def config(self) -> Path:
        return self.folder / "config.yaml"

    def run(self, *arguments: object) -> tuple[int, str]:
        """Run a command in this process; return its exit code and what it printed."""
        exit_code = main([*map(str, arguments), "--config", str(self.config)])
        printed = self.capsys.readouterr()
        return exit_code, printed.out + printed.err

    def read(self, *arguments: object) -> list[Imported]:
        """Import, which must succeed, and return the reads that have landed."""
        exit_code, printed = self.run("import", *arguments)
        assert exit_code == 0, printed
        return landed(self.landing)

    def files(self) -> dict[str, bytes]:
        """Return every file in the landing folder with its content."""
        found = [path for path in self.landing.rglob("*") if path.is_file()]
        return {str(path.relative_to(self.landing)): path.read_bytes() for path in found}

    def publish(self) -> None:
        """Load, build and publish."""
        lend_parsed(self.folder)
        for command in ("load", "build", "publish"):
            exit_code, printed = self.run(command)
            assert exit_code == 0, printed


@pytest.fixture
def make_target(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[str], Target]:
    """Return a function that makes an empty project."""

    def make(name: str) -> Target:
        folder = tmp_path / name
        (folder / "seeds").mkdir(parents=True)
        paths = {"landing": "landing", "warehouse": "warehouse.duckdb", "database": "spotify.duckdb", "seeds": "seeds"}
        (folder / "config.yaml").write_text(yaml.safe_dump(paths), encoding="utf-8")
        return Target(folder, capsys)

    return make


@pytest.fixture
def target(make_target: Callable[[str], Target]) -> Target:
    """Make an empty project."""
    return make_target("project")


@pytest.fixture(autouse=True)
def git_without_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let git ignore the configuration of whoever runs the tests."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")

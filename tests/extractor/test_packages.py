"""The layering of packages, and the wheel."""

import ast
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from extractor.project import PACKAGE, PROJECT

pytestmark = pytest.mark.slow

FLOORS = (
    ("errors", "__init__"),
    ("clock", "files", "lock", "project"),
    ("config",),
    ("spotify", "landing"),
    ("engines", "extract"),
    ("outputs", "imports"),
    ("cli",),
    ("__main__",),
)
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
MAY_KNOW = {("cli", "simulator")}
"""The demo needs a simulated Spotify, which knows nothing of the project."""


def imports() -> list[tuple[Path, str, str]]:
    """Return every import between modules of the package: the file, and the two subpackages."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "extractor":
                names = [node.module] if node.module != "extractor" else [f"extractor.{a.name}" for a in node.names]
                found += [(path, room, str(name).split(".")[1]) for name in names]
    return found


def test_no_package_imports_one_above_or_beside_it() -> None:
    assert [
        f"{path.relative_to(PACKAGE)} imports {known}"
        for path, room, known in imports()
        if room != known
        and (room, known) not in MAY_KNOW
        and not FLOOR_OF.get(known, 0 if known == "__version__" else 99) < FLOOR_OF.get(room, -1)
    ] == []


def test_every_package_has_a_layer() -> None:
    rooms = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in PACKAGE.rglob("*.py")}
    assert rooms - {"simulator"} == FLOOR_OF.keys()


def test_engines_do_not_import_each_other() -> None:
    engines = ("duckdb", "postgres", "spark")
    for path in (PACKAGE / "engines").glob("*.py"):
        assert not any(f"engines.{engine}.engine" in path.read_text() for engine in engines)
    assert "engines.spark" not in "".join(p.read_text() for p in (PACKAGE / "engines/postgres").glob("*.py"))
    assert "engines.postgres" not in "".join(p.read_text() for p in (PACKAGE / "engines/spark").glob("*.py"))


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel, install it into an empty environment, and return its command."""
    folder = tmp_path_factory.mktemp("wheel")
    building = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
    built = subprocess.run(
        [sys.executable, "-c", building, str(folder)], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    wheel = folder / built.stdout.split()[-1]
    venv.create(folder / "env", symlinks=True, with_pip=False)
    python = folder / "env" / "bin" / "python"
    installer = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*installer, "--disable-pip-version-check", str(wheel)], check=True)
    # The wheel's dependencies are those of this environment, in the same versions.
    [packages] = [path for path in sys.path if path.endswith("site-packages")]
    [site] = (folder / "env" / "lib").glob("python*/site-packages")
    (site / "dependencies.pth").write_text(packages)
    (folder / "env" / "bin" / "dbt").symlink_to(Path(sys.executable).with_name("dbt"))
    return folder / "env" / "bin" / "spotify-track-history"


def test_a_wheel_works_outside_a_checkout(script: Path, tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(script), *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    demo = run("demo", "--days", "2")
    assert demo.returncode == 0, demo.stderr
    assert 'spotify-track-history sql "from playlists" --demo' in demo.stdout
    assert (tmp_path / "data" / "demo" / "report.html").exists()
    answer = run(
        "sql", "select count(*) as days from playlist_days where date = '2026-01-02'", "--demo", "--format", "csv"
    )
    assert (answer.returncode, answer.stdout) == (0, "days\n14\n")
    status = run("status")
    assert (status.returncode, "no run yet" in status.stdout) == (3, True), status

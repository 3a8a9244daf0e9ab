"""./run.sh export --format snapshots: imported into an empty project, it gives the same stays."""

from pathlib import Path

import duckdb
import pytest
import yaml

from extractor.cli.commands import main
from tests.pipeline.harness import Project, lend_parsed
from tests.pipeline.oracle import Stay

pytestmark = pytest.mark.slow


def imported_again(config: Path, folder: Path) -> list[Stay]:
    """Export the snapshots of a project, import them into an empty one in `folder`, and return its stays."""
    paths = {"landing": "landing", "warehouse": "warehouse.duckdb", "database": "spotify.duckdb", "seeds": "seeds"}
    folder.mkdir(exist_ok=True)
    (folder / "config.yaml").write_text(yaml.safe_dump(paths), encoding="utf-8")
    assert main(["export", "--format", "snapshots", "--into", str(folder / "export"), "--config", str(config)]) == 0
    lend_parsed(folder)
    imported = ["import", "table", str(folder / "export" / "snapshots.parquet")]
    for command in (imported, ["load"], ["build"], ["publish"]):
        assert main([*command, "--config", str(folder / "config.yaml")]) == 0, command
    return stays_in(folder / "spotify.duckdb")


def stays_in(database: Path) -> list[Stay]:
    """Return the stays in a published file."""
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(f"select {', '.join(Stay._fields)} from tracks_in_playlist").fetchall()
    return sorted(Stay(*row) for row in rows)


def test_exported_snapshots_give_the_same_stays(published_histories: Project, tmp_path: Path) -> None:
    stays = published_histories.stays()
    assert len(stays) > 100
    assert imported_again(published_histories.config, tmp_path) == stays

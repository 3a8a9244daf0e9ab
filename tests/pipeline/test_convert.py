"""An old configuration, converted and copied over a project: its tables are there the same day."""

import shutil
import subprocess
from datetime import date
from pathlib import Path

import yaml

from extractor.convert import convert
from tests.pipeline.conftest import MakeProject
from tests.pipeline.harness import copy_project, plain_environment
from tests.simulator.identifiers import spotify_id

DAY = date(2026, 1, 1)
OLD = {
    "batch_number": 1,
    "batch_size": 1000,
    "tables": [
        {"table_name": "track_info", "columns": ["track_id:id:text", "track_name:name:text", "disc:disc_number:int"]},
        {"table_name": "track_labels", "columns": ["id:id:text", "title:name:text", "kind:album.album_type:text"]},
    ],
}


def test_the_tables_of_an_old_configuration_are_made(make_project: MakeProject, tmp_path: Path) -> None:
    source = make_project("histories: {list: {days: {2026-01-01: [A, B]}}}")
    (tmp_path / "copy").mkdir()
    copy = copy_project(tmp_path / "copy")
    old = {"tracks_url": f"{source.simulator.base_url}/tracks/?ids=", "playlists": [spotify_id("list")], **OLD}
    (tmp_path / "old.yaml").write_text(yaml.safe_dump(old))
    convert(tmp_path / "old.yaml", tmp_path / "converted", overwrite=False)
    shutil.copytree(tmp_path / "converted", copy, dirs_exist_ok=True)
    config = yaml.safe_load((copy / "config.yaml").read_text())
    config["api"]["token_url"] = source.simulator.token_url
    config["database"] = str(source.database)
    (copy / "config.yaml").write_text(yaml.safe_dump(config))
    finished = subprocess.run(
        [copy / "run.sh", copy / "config.yaml", "--date", str(DAY)],
        env=plain_environment() | source.simulator.credentials,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    both = [(spotify_id("A"), "A"), (spotify_id("B"), "B")]
    assert sorted(source.rows("select track_id, track_name from track_info")) == sorted(both)
    assert sorted(source.rows("select track_id, track_name from track_info_history where disc is not null")) == sorted(
        both
    )
    assert sorted(source.rows("select id, title from track_labels where kind is not null")) == sorted(both)

"""Configurations of the program this project grew from, and the way it was called."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from extractor.__main__ import main
from extractor.config import Config, read_config, read_watch_list
from extractor.convert import convert
from extractor.errors import ConfigError
from extractor.transform import PROJECT
from tests.simulator.identifiers import spotify_id

# As its documentation shows it, tabs included.
OLD = """
batch_number: 1 \t# worker number
batch_size: 1000\t# number of track ids to process
tracks_url: 'https://api.spotify.com/v1/tracks/?ids='
tables:
  - table_name: track_info
    columns:
      - 'track_id:id:text'\t# format: <column name>:<response field>:<column type>
      - 'track_name:name:text'
      - 'release_date:album.release_date:date'
      - 'uri:uri:text'
      - 'duration_ms:duration_ms:integer'
"""
LISTS = f"playlists: [{spotify_id('list')}]\ntrack_ids: ['spotify:track:{spotify_id('A')}', {spotify_id('B')}]\n"
MARTS = Path("models/marts")

Convert = Callable[..., str]


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "into"


@pytest.fixture
def converted(tmp_path: Path, into: Path) -> Convert:
    """Return a function that converts a text and returns what is told."""

    def run(text: str, overwrite: bool = False) -> str:
        (tmp_path / "old.yaml").write_text(text)
        return convert(tmp_path / "old.yaml", into, overwrite)

    return run


def columns(path: Path, model: str) -> dict[str, Any]:
    models = yaml.safe_load(path.read_text())["models"]
    (properties,) = (each for each in models if each["name"] == model)
    return {column["name"]: column for column in properties["columns"]}


def table(name: str, *entries: str) -> str:
    return f"tables:\n  - table_name: {name}\n    columns: {list(entries)}\n"


def test_what_has_a_name_of_today_gets_it(converted: Convert, into: Path) -> None:
    converted(OLD + LISTS)
    config = read_config(into / "config.yaml")
    assert (config.batch_number, config.batch_size, config.api) == (1, 1000, Config().api)
    watched = read_watch_list(config)
    assert list(watched.playlists) == [spotify_id("list")]
    assert list(watched.tracks) == [spotify_id("A"), spotify_id("B")]


def test_columns_that_track_info_lacks_are_added_there_and_to_its_history(converted: Convert, into: Path) -> None:
    assert "track_info and its history with track_name" in converted(OLD)
    path = MARTS / "_marts__models.yml"
    for model in ("track_info", "track_info_history"):
        before, after = columns(PROJECT / path, model), columns(into / path, model)
        assert after.keys() - before.keys() == {"track_name"}
        assert {name: after[name] for name in before} == before
        assert after["track_name"]["config"] == {"meta": {"path": "name"}}
        assert after["track_name"]["data_type"] == "varchar"


def test_a_configuration_that_asks_for_nothing_new_writes_no_properties(converted: Convert, into: Path) -> None:
    converted(table("track_info", "track_id:id:text", "uri:uri:text"))
    assert [path.name for path in into.rglob("*") if path.is_file()] == ["config.yaml"]


def test_another_table_is_one_line_and_its_properties(converted: Convert, into: Path) -> None:
    converted(table("Track_Labels", "id:id:text", "title:name:text", "album:album.label:text", "hits:popularity:int"))
    assert (into / MARTS / "track_labels.sql").read_text() == (
        "select track_id as id, name as title, track_labels_album as album from {{ ref('track_info') }}\n"
    )
    assert list(columns(into / MARTS / "_converted__models.yml", "track_labels")) == ["id", "title", "album"]
    assert "track_labels_album" in columns(into / MARTS / "_marts__models.yml", "track_info_history")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("database: x\n" + OLD, "database: not understood"),
        (table("tracks_in_playlist_stage", "a:b:text"), "tracks_in_playlist_stage: is not needed"),
        (table("track_daily_popularity", "a:b:text"), "track_daily_popularity: is made anyway"),
        (table("track_info", "score:popularity:integer"), "track_info.score: is in track_daily_popularity"),
        (table("track_info", "first_seen:album.x:date"), "track_info.first_seen: track_info has a column of that name"),
        (table("track_info", "release_date:album.release_date:text"), "is album.release_date:date today"),
    ],
)
def test_what_is_not_taken_over_is_named_with_the_reason(converted: Convert, text: str, told: str) -> None:
    assert told in converted(text)


def test_a_secret_in_the_file_is_not_said(converted: Convert, into: Path) -> None:
    told = converted("client_secret: a-secret-to-hide\n" + OLD)
    assert "client_secret: not understood" in told
    for text in (told, *(path.read_text() for path in into.rglob("*") if path.is_file())):
        assert "a-secret-to-hide" not in text


def test_ids_may_be_in_a_file(converted: Convert, into: Path, tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text(f"{spotify_id('A')}\n\n{spotify_id('A')}\n")
    converted("tracks_file: ids.txt\n" + OLD)
    rows = list(csv.reader(io.StringIO((into / "seeds" / "tracks.csv").read_text())))
    assert rows == [["track_id", "label"], [spotify_id("A"), ""]]


def test_another_address_and_a_wish_for_markets_are_kept(converted: Convert, into: Path) -> None:
    converted(
        "tracks_url: 'http://127.0.0.1:8/v1/tracks?ids='\n" + table("track_info", "markets:available_markets.*:text")
    )
    config = read_config(into / "config.yaml")
    assert (config.api.base_url, config.drop_fields) == ("http://127.0.0.1:8/v1", ())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (table("track_info", "a:b:blob"), "track_info: 'a:b:blob': unknown type 'blob'; known: text"),
        (table("track_info", "a:b"), "track_info: 'a:b': a column is <name>:<response field>:<type>"),
        (table("track_info", "a b:b:text"), "'a b' can't be the name of a column"),
        (table("track_info", "a:b'); drop:text"), "is no response field"),
        (table("../x", "a:b:text"), "tables: each must have a table_name"),
        (table("runs", "a:b:text"), "tables: runs is another table today"),
        ("tables: 1\n", "tables: must be a list"),
        ("tracks_url: https://api.spotify.com/v1/albums?ids=\n", "tracks_url: .*does not end with /tracks"),
        (OLD + "playlists: [x]\n", "playlists: 'x' is no Spotify playlist id"),
        (OLD + "tracks_file: nowhere.txt\n", "tracks_file: .*nowhere.txt can't be read"),
        (OLD + "batch_number: 0\n", "batch_number: must be a whole number from 1 on, not 0"),
        ("landing: x\n", "no configuration of the old format"),
        ("tables: [", "not readable as YAML"),
    ],
)
def test_what_can_not_be_meant_is_named(converted: Convert, into: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        converted(text)
    assert not into.exists()


def test_no_file_is_overwritten_unless_that_is_said(converted: Convert, into: Path) -> None:
    into.mkdir()
    (into / "config.yaml").write_text("mine")
    with pytest.raises(ConfigError, match=r"config\.yaml: there already"):
        converted(OLD)
    assert (into / "config.yaml").read_text() == "mine"
    assert [path.name for path in into.iterdir()] == ["config.yaml"]
    converted(OLD, overwrite=True)
    assert read_config(into / "config.yaml").batch_size == 1000


def called(*arguments: str) -> int:
    try:
        return main(arguments)
    except SystemExit as left:
        return int(left.code or 0)


def test_secrets_on_the_command_line_are_refused_and_not_repeated(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "config.yaml").write_text("")
    for first in (str(tmp_path / "config.yaml"), "resources/config.yaml", "a-client-id"):
        assert called(first, "the-client-id", "a-secret-to-hide") == 2
        said = capsys.readouterr()
        assert "export SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET" in said.err
        assert "a-secret-to-hide" not in said.out + said.err
        assert "the-client-id" not in said.out + said.err


def test_a_configuration_of_the_old_format_names_the_command_that_converts_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "old.yaml"
    path.write_text(OLD)
    for arguments in ([str(path)], ["extract", "--config", str(path)]):
        assert called(*arguments) == 2
        assert f"python -m extractor convert {path}" in capsys.readouterr().err


def test_a_path_that_is_no_file_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert called("nowhere/config.yaml") == 2
    assert "nowhere/config.yaml: no such file" in capsys.readouterr().err


def test_two_configurations_are_one_too_many(capsys: pytest.CaptureFixture[str]) -> None:
    assert called("a.yaml", "--config", "b.yaml") == 2
    assert "two configurations" in capsys.readouterr().err


def test_the_command_says_what_it_wrote(capsys: pytest.CaptureFixture[str], tmp_path: Path, into: Path) -> None:
    (tmp_path / "old.yaml").write_text(OLD)
    assert called("convert", str(tmp_path / "old.yaml"), "--into", str(into)) == 0
    assert f"{into / 'config.yaml'}: the configuration" in capsys.readouterr().out
    assert called("convert", str(tmp_path / "old.yaml"), "--into", str(into)) == 2
    assert called("convert", str(tmp_path / "old.yaml"), "--into", str(into), "--overwrite") == 0

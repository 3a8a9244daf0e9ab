"""config.yaml: accepted values and error messages."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from extractor.config.endpoints import Endpoint
from extractor.config.on_change import OnChange, Rule
from extractor.config.settings import Api, Config, read_config
from extractor.errors import ConfigError

PROJECT = Path(__file__).resolve().parents[2]


def written(folder: Path, text: str) -> Path:
    path = folder / "config.yaml"
    path.write_text(text, "utf-8")
    return path


def refusal(folder: Path, text: str) -> str:
    """Return the error message for an invalid config; it names the file."""
    path = written(folder, text)
    with pytest.raises(ConfigError) as caught:
        read_config(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


def defaults_in(folder: Path) -> Config:
    config = Config()
    paths = {name: folder / getattr(config, name) for name in ("seeds", "landing", "warehouse", "database")}
    return replace(config, **paths)


def test_project_config_has_the_defaults_relative_to_itself() -> None:
    assert read_config(PROJECT / "config.yaml") == defaults_in(PROJECT)


def test_project_config_names_every_key() -> None:
    content = yaml.safe_load((PROJECT / "config.yaml").read_text())
    assert list(content) == list(vars(Config()))
    assert list(content["api"]) == list(vars(Api()))


def test_defaults_match_the_design() -> None:
    config = Config()
    assert config.api == Api("https://api.spotify.com/v1", "https://accounts.spotify.com/api/token", 2, 120, 12, None)
    assert config.endpoints == {"tracks": Endpoint("tracks?ids=", 50, "tracks")}
    assert (config.seeds, config.tracks_file, config.discover_tracks) == (Path("seeds"), None, True)
    assert (config.batch_number, config.batch_size) == (1, None)
    assert config.follow_after_leaving_days == 28
    assert config.tolerate_unavailable_days == 7
    assert (config.landing, config.drop_fields) == (
        Path("data/landing"),
        ("available_markets", "added_by"),
    )
    assert (config.warehouse, config.database) == (Path("data/warehouse.duckdb"), Path("data/spotify.duckdb"))


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing yet\n", "---\n", "{}\n"])
def test_empty_config_has_all_defaults(tmp_path: Path, text: str) -> None:
    assert read_config(written(tmp_path, text)) == defaults_in(tmp_path)


def test_every_key_can_be_set(tmp_path: Path) -> None:
    text = """
api: {base_url: "http://127.0.0.1:1/v1", token_url: "http://127.0.0.1:1/t", max_in_flight: 4,
      max_wait_seconds: 0, max_run_hours: 3, requests_per_day: 600}
endpoints: {tracks: {path: "songs?ids=", batch: 20, items: songs}}
seeds: watched
tracks_file: ids.txt
discover_tracks: false
follow_after_leaving_days: 0
batch_number: 3
batch_size: 100
tolerate_unavailable_days: null
landing: landed
drop_fields: []
warehouse: w.duckdb
database: d.duckdb
"""
    assert read_config(written(tmp_path, text)) == Config(
        api=Api("http://127.0.0.1:1/v1", "http://127.0.0.1:1/t", 4, 0, 3, 600),
        endpoints={"tracks": Endpoint("songs?ids=", 20, "songs")},
        seeds=tmp_path / "watched",
        tracks_file=tmp_path / "ids.txt",
        discover_tracks=False,
        follow_after_leaving_days=0,
        batch_number=3,
        batch_size=100,
        tolerate_unavailable_days=None,
        landing=tmp_path / "landed",
        drop_fields=(),
        warehouse=tmp_path / "w.duckdb",
        database=tmp_path / "d.duckdb",
    )


def test_absolute_paths_are_kept_and_tilde_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    config = read_config(written(tmp_path, "{landing: /srv/landing, seeds: ~/watched}"))
    assert (config.landing, config.seeds) == (Path("/srv/landing"), tmp_path / "home" / "watched")


def test_paths_are_relative_to_the_config_file_not_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, "landing: here")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert read_config(Path("../config.yaml")).landing.resolve() == tmp_path / "here"


def test_unknown_key_is_refused_with_the_nearest_known_key(tmp_path: Path) -> None:
    assert re.search(r"batchsize.*unknown key.*'batch_size'", refusal(tmp_path, "batchsize: 5"))


def test_unknown_target_is_refused_with_all_known_targets(tmp_path: Path) -> None:
    assert "target: must be one of duckdb, postgres, spark, not 'oracle'" in refusal(tmp_path, "target: oracle")


def test_unknown_key_without_a_near_match_is_refused_with_all_known_keys(tmp_path: Path) -> None:
    message = refusal(tmp_path, "xyzzy: 1")
    assert all(name in message for name in vars(Config()))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("api: {max_inflight: 1}", "api.max_inflight"),
        ("endpoints: {tracks: {path: 'p?ids=', batch: 1, items: i, size: 3}}", "endpoints.tracks.size"),
    ],
)
def test_unknown_nested_key_is_reported_with_its_path(tmp_path: Path, text: str, key: str) -> None:
    message = refusal(tmp_path, text)
    assert f"{key}: unknown key" in message


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("batch_size", "yes"),  # true, to YAML, which is an int, to Python
        ("batch_size", "'10'"),
        ("batch_size", "1.5"),
        ("batch_number", "null"),
        ("discover_tracks", "1"),
        ("discover_tracks", "'yes'"),
        ("follow_after_leaving_days", "null"),
        ("follow_after_leaving_days", "false"),
        ("seeds", "5"),
        ("seeds", "''"),
        ("seeds", "null"),
        ("landing", "[a]"),
        ("landing", "2026-01-01"),
        ("tracks_file", "''"),
        ("drop_fields", "available_markets"),
        ("drop_fields", "{a: b}"),
        ("drop_fields", "[1]"),
        ("drop_fields", "null"),
    ],
)
def test_value_of_wrong_type_is_refused_with_key_and_value(tmp_path: Path, key: str, value: str) -> None:
    message = refusal(tmp_path, f"{key}: {value}")
    assert f"{key}: must be" in message
    assert repr(yaml.safe_load(value)) in message


@pytest.mark.parametrize(
    ("key", "value"), [("max_in_flight", "true"), ("max_wait_seconds", "null"), ("base_url", "1"), ("token_url", "")]
)
def test_nested_value_of_wrong_type_is_refused_with_its_path(tmp_path: Path, key: str, value: str) -> None:
    assert f"api.{key}: must be" in refusal(tmp_path, f"api: {{{key}: {value}}}")


@pytest.mark.parametrize("text", ["api: 5", "api: null", "api: [a]", "endpoints: null", "endpoints: {tracks: 1}"])
def test_section_that_is_not_a_mapping_is_refused(tmp_path: Path, text: str) -> None:
    assert text.partition(":")[0] in refusal(tmp_path, text)


@pytest.mark.parametrize("text", ["- a", "hello", "5", "[]", "false", "0", "''"])
def test_file_that_is_not_a_mapping_is_refused(tmp_path: Path, text: str) -> None:
    assert "must be a mapping" in refusal(tmp_path, text)


@pytest.mark.parametrize(
    "text", ["a: [", "a: b: c", "\tseeds: x", "seeds: &x *y", "!!python/name:os.system", "landing: 2026-02-30", "\x01"]
)
def test_invalid_yaml_is_refused(tmp_path: Path, text: str) -> None:
    assert "not readable as YAML" in refusal(tmp_path, text)


def test_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes("seeds: caf\xe9".encode("latin-1"))
    with pytest.raises(ConfigError, match="not readable"):
        read_config(path)


def test_missing_config_is_refused_with_the_option_to_set_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: no such file; .*--config"):
        read_config(tmp_path / "nowhere.yaml")


def test_folder_as_config_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=re.escape(str(tmp_path))):
        read_config(tmp_path)


def test_home_of_an_unknown_user_is_refused(tmp_path: Path) -> None:
    assert "landing" in refusal(tmp_path, "landing: ~no-such-user/landing")


RANGES: list[tuple[str, Any]] = [
    ("api.max_in_flight", 0),
    ("api.requests_per_day", 0),
    ("api.max_wait_seconds", -1),
    ("api.max_run_hours", 0),
    ("batch_number", 0),
    ("batch_size", 0),
    ("batch_size", -5),
    ("follow_after_leaving_days", -1),
    ("tolerate_unavailable_days", -1),
    ("endpoints.tracks.batch", 0),
    ("endpoints.tracks.batch", 51),
    ("api.base_url", "api.spotify.com/v1"),
    ("api.base_url", "ftp://api.spotify.com"),
    ("api.token_url", "https://"),
    ("memory_limit", ""),
    ("memory_limit", "2"),
    ("memory_limit", "lots"),
    ("memory_limit", "2 parsecs"),
    ("memory_limit", 2),
]


@pytest.mark.parametrize(("key", "value"), RANGES)
def test_value_out_of_range_is_refused_with_its_key(tmp_path: Path, key: str, value: Any) -> None:
    endpoint = {"path": "tracks?ids=", "batch": 50, "items": "tracks"}
    *sections, name = key.split(".")
    content: dict[str, Any] = {name: value}
    if sections == ["endpoints", "tracks"]:
        content = endpoint | content
    for section in reversed(sections):
        content = {section: content}
    assert f"{key}: " in refusal(tmp_path, yaml.safe_dump(content))


@pytest.mark.parametrize("limit", ["2GB", "1.5 GiB", "800mb"])
def test_memory_limit_must_be_a_duckdb_size(tmp_path: Path, limit: str) -> None:
    assert read_config(written(tmp_path, f"memory_limit: {limit}")).memory_limit == limit
    with duckdb.connect() as connection:
        connection.execute(f"set memory_limit = '{limit}'")


def test_batch_number_requires_batch_size(tmp_path: Path) -> None:
    assert "batch_size" in refusal(tmp_path, "batch_number: 2")


def test_first_batch_number_does_not_require_batch_size(tmp_path: Path) -> None:
    assert read_config(written(tmp_path, "batch_number: 1")).batch_number == 1


@pytest.mark.parametrize(
    "text", ["landing: a\nlanding: b", "{landing: a, landing: a}", "api: {base_url: x, base_url: x}"]
)
def test_key_given_twice_is_refused_with_its_line(tmp_path: Path, text: str) -> None:
    assert re.search(r"line [12]: (landing|base_url) is given twice", refusal(tmp_path, text))


def test_aliases_are_refused(tmp_path: Path) -> None:
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\n"
    assert "line 2: anchors and aliases are not supported" in refusal(tmp_path, bomb)


def test_slash_at_the_end_of_an_address_is_ignored(tmp_path: Path) -> None:
    assert read_config(written(tmp_path, "api: {base_url: 'http://h/v1/'}")).api.base_url == "http://h/v1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{rules: [{label: a}]}", "on_change.command: missing"),
        ("{command: [a], rules: {label: a}}", "on_change.rules: must be a list of rules"),
        ("{command: [a], rules: [a]}", r"on_change.rules\[0\] must be a mapping"),
        ("{command: [a], rules: [{}]}", r"on_change.rules\[0\]: names nothing"),
        ("{command: [a], rules: [{label: a}, {playlst: b}]}", r"on_change.rules\[1\].playlst: unknown key; .*playlist"),
        ("{command: [a], rules: [{playlist: 5}]}", r"on_change.rules\[0\].playlist: must be text"),
        ("{command: [a], rules: [{artist: ' '}]}", r"on_change.rules\[0\].artist: is empty"),
        ("{command: [a], rules: [{changes: [add]}]}", r"on_change.rules\[0\].changes: 'add' .*did you mean 'added'"),
        ("{command: [a], rules: [{popularity: 0}]}", r"on_change.rules\[0\].popularity: must be a level from 1 to 100"),
        ("{command: [a], rules: [{popularity: 101}]}", r"on_change.rules\[0\].popularity: must be a level"),
        ("{command: [a], rules: [{popularity: 5, changes: [added]}]}", r"on_change.rules\[0\].changes: does not apply"),
        ("{command: a}", "on_change.command: must be a list of text"),
        ("{cmd: [a]}", "on_change.cmd: unknown key"),
    ],
)
def test_wrong_rule_is_refused_with_its_key(tmp_path: Path, text: str, message: str) -> None:
    assert re.search(message, refusal(tmp_path, f"on_change: {text}"))


def test_rules_of_on_change_are_read(tmp_path: Path) -> None:
    text = "on_change: {command: [a, b], rules: [{playlist: x, changes: [added]}, {popularity: 60, artist: y}]}"
    rules = (Rule(playlist="x", changes=("added",)), Rule(popularity=60, artist="y"))
    assert read_config(written(tmp_path, text)).on_change == OnChange(("a", "b"), rules)

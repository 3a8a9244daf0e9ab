"""The command line: help, version, and errors with hints."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from extractor import __version__
from extractor.cli.commands import main
from extractor.cli.options import COMMANDS, read_options
from tests.extractor.conftest import Run


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run a command that exits; return its exit code, standard output and standard error."""
    with pytest.raises(SystemExit) as ended:
        read_options(arguments)
    captured = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return ended.value.code, captured.out, captured.err


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_shows_its_options_and_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, command, "--help")
    assert code == 0
    assert out.startswith(f"usage: ./run.sh {command}")
    assert f"example: ./run.sh {command}" in out
    assert ("--full-refresh" in out) == (command in ("daily", "build"))
    assert said(capsys, "help", command) == (0, out, "")


@pytest.mark.parametrize("arguments", [["--help"], ["help"], ["-h"]])
def test_help_lists_every_command(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, *arguments)
    assert code == 0
    assert all(f"\n  {command} " in out for command in (*COMMANDS, "test", "lint", "lock", "bench"))


def test_version_option_prints_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "--version") == (0, f"spotify-track-history {__version__}\n", "")


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["statsu"], "'statsu' is neither a command nor a configuration file; did you mean 'status'?"),
        (["export", "--full-refresh"], "--full-refresh does not apply to export, but to daily, build"),
        (["load", "--date", "2026-01-01"], "--date does not apply to load, but to daily, extract, status, purge"),
        (["daily", "--ful-refresh"], "--ful-refresh: unknown option; did you mean '--full-refresh'?"),
        (["load", "everything"], "load takes no 'everything'"),
        (["status", "--demo", "--config", "c.yaml"], "--demo and --config name two configurations"),
    ],
)
def test_option_that_does_not_apply_is_refused_with_a_hint(
    arguments: list[str], hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = said(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"error: {hint}")


@pytest.mark.parametrize("arguments", [[], ["--full-refresh"], ["daily"]])
def test_daily_is_the_default_command(arguments: list[str]) -> None:
    assert read_options(arguments).command == "daily"


def test_options_may_come_before_the_command() -> None:
    options = read_options(["--target", "postgres", "--log-format=json", "status", "--date", "2026-01-02"])
    assert (options.command, options.target, options.log_format) == ("status", "postgres", "json")


def test_config_option_alone_runs_daily() -> None:
    options = read_options(["mine.yaml", "--date", "2026-01-02"])
    assert (options.command, options.config) == ("daily", Path("mine.yaml"))


def test_demo_refuses_more_days_than_its_world_has(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--days", "150", "--folder", str(tmp_path / "demo")]) == 2
    assert "--days 150: the simulated world has 1 to 30 days" in capsys.readouterr().err
    assert not (tmp_path / "demo").exists()


@pytest.fixture
def sql(run: Callable[..., Run], fake_dbt: object, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:  # noqa: ARG001
    """Return a function that runs ./run.sh sql on a published file; it returns standard output."""
    command = run()
    assert command("daily") == 0
    capsys.readouterr()

    def ask(*arguments: str, code: int = 0) -> str:
        assert command("sql", *arguments) == code
        captured = capsys.readouterr()
        return captured.err if code else captured.out

    return ask


def test_sql_prints_rows_as_a_table_csv_or_json(sql: Callable[..., str]) -> None:
    query = "select 1 as number, 'a,b' as text, null as nothing, date '2026-01-02' as day"
    table = sql(query).splitlines()
    assert table[0].split() == ["number", "text", "nothing", "day"]
    assert table[2].split() == ["1", "a,b", "2026-01-02"]
    assert sql(query, "--format", "csv") == 'number,text,nothing,day\n1,"a,b",,2026-01-02\n'
    rows = [json.loads(line) for line in sql(query, "--format", "json").splitlines()]
    assert rows == [{"number": 1, "text": "a,b", "nothing": None, "day": "2026-01-02"}]


def test_sql_takes_a_file_or_standard_input(
    sql: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "query.sql").write_text("select 7 as seven", "utf-8")
    assert sql(str(tmp_path / "query.sql"), "--format", "csv") == "seven\n7\n"
    monkeypatch.setattr("sys.stdin", io.StringIO("select 8 as eight"))
    assert sql("--format", "csv") == "eight\n8\n"


@pytest.mark.parametrize(
    ("query", "told"),
    [("from nowhere", "nowhere"), ("selec 1", "syntax error"), ("create table x (y int)", "read-only")],
)
def test_invalid_sql_exits_2(sql: Callable[..., str], query: str, told: str) -> None:
    assert told in sql(query, code=2)


def test_long_table_says_how_many_rows_are_omitted(sql: Callable[..., str]) -> None:
    assert sql("from range(1005)").endswith("… 5 more rows: --format csv writes all of them\n")


@pytest.mark.parametrize("content", ["{}", "landing: landing\nwarehouse: warehouse.duckdb\ndatabase: spotify.duckdb\n"])
def test_demo_never_replaces_a_folder_that_is_no_demo(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    (tmp_path / "config.yaml").write_text(content, "utf-8")
    assert main(["demo", "--days", "1", "--folder", str(tmp_path)]) == 2
    assert "contains files that are not a demo's" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]

"""The commands: output and exit codes."""

import json
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from extractor.cli.commands import main
from extractor.clock import Clock
from extractor.extract.run import Extraction
from extractor.simulator.faults import Fault
from extractor.simulator.server import Simulator
from extractor.simulator.tokens import CLIENT_ID
from extractor.spotify.login import save_login
from extractor.spotify.token_store import UserToken
from tests.extractor.conftest import QUOTA, FakeTime, Run, told

pytestmark = pytest.mark.slow


def test_complete_run_exits_0(run: Callable[..., Run], capsys: pytest.CaptureFixture[str]) -> None:
    assert run()("extract", "--date", "2026-01-01") == 0
    assert "2026-01-01: 2 of 2 playlists" in capsys.readouterr().out


def test_date_defaults_to_today_in_utc(run: Callable[..., Run], tmp_path: Path) -> None:
    run()("extract")
    assert (tmp_path / "landing" / "2026-01-02").is_dir()


def test_incomplete_run_exits_3(run: Callable[..., Run], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(Fault("/v1/playlists", times=1, status=404))("extract") == 3
    assert "1 of 2 playlists (1 not read)" in capsys.readouterr().out


def test_run_stopped_by_the_rate_limit_exits_75(run: Callable[..., Run], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(Fault("/v1/playlists", after=1, **QUOTA))("extract") == 75
    assert "continue after 2026-01-02 08:30 UTC with the same command" in capsys.readouterr().out


def test_missing_token_response_exits_1(run: Callable[..., Run], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(Fault("/api/token", status=500))("extract") == 1
    assert told(capsys).startswith("error: no token from")


def test_refused_credentials_exit_2(
    run: Callable[..., Run], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    command = run()
    monkeypatch.setenv("SPOTIFY_CLIENT_SECRET", "wrong-secret")
    assert command("extract") == 2
    said = told(capsys)
    assert "refused the client id or secret" in said
    assert "wrong-secret" not in said


@pytest.mark.parametrize(("authorised_on", "warned"), [(date(2025, 7, 31), True), (date(2025, 8, 3), False)])
def test_every_run_warns_of_a_login_that_expires_within_thirty_days(
    run: Callable[..., Run],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    authorised_on: date,
    warned: bool,
) -> None:
    monkeypatch.setenv("SPOTIFY_TOKEN_FILE", str(tmp_path / "token.json"))
    command = run()
    token = command.simulator.tokens.log_in()
    save_login(UserToken(token, CLIENT_ID, authorised_on), tmp_path / "token.json")
    for _ in range(2):
        assert command("extract") == 0
        assert ("warning: the user's login ends by 2026-01-31" in told(capsys)) == warned


def test_missing_credentials_exit_2(
    run: Callable[..., Run], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    command = run()
    monkeypatch.delenv("SPOTIFY_CLIENT_ID")
    assert command("extract") == 2
    assert "SPOTIFY_CLIENT_ID not set" in told(capsys)


def test_invalid_config_exits_2(run: Callable[..., Run], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = run()
    (tmp_path / "config.yaml").write_text("landings: x")
    assert command("extract") == 2
    assert "config.yaml: landings: unknown key" in told(capsys)


def test_future_date_exits_2(run: Callable[..., Run], capsys: pytest.CaptureFixture[str]) -> None:
    assert run()("extract", "--date", "2026-01-03") == 2
    assert "--date 2026-01-03: is in the future" in told(capsys)
    assert run()("extract", "--date", "2026-01-03", "--insist") == 2


def test_day_before_yesterday_is_read_only_on_insistence(
    run: Callable[..., Run], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = run()
    command.simulator.day = date(2026, 1, 1)
    for name in ("extract", "daily"):
        assert command(name, "--date", "2025-12-31") == 2
        assert "--date 2025-12-31: what Spotify says today (2026-01-02 UTC)" in told(capsys)
    assert not (tmp_path / "landing").exists()
    assert command("extract", "--date", "2025-12-31", "--insist") == 0
    assert command("extract", "--date", "2025-12-31") == 0  # it has begun
    assert command("extract", "--date", "2025-12-30") == 2


def test_status_and_purge_take_any_earlier_day(run: Callable[..., Run]) -> None:
    command = run()
    assert command("extract") == 0
    assert command("status", "--date", "2025-12-01") == 3
    assert command("purge", "--date", "2025-12-01", "--keep-days", "7") == 1  # nothing is built yet


def test_clock_behind_what_has_landed_is_a_warning(
    run: Callable[..., Run], time: FakeTime, capsys: pytest.CaptureFixture[str]
) -> None:
    command = run()
    assert command("extract") == 0
    assert "clock" not in told(capsys)
    time.sleep(-3600)
    assert command("extract") == 0
    assert "this machine's clock is at 2026-01-02 05:00 UTC, but responses of 2026-01-02 06:00 UTC have" in told(capsys)


@pytest.mark.parametrize(
    "arguments",
    [
        ["extract", "--date", "yesterday"],
        ["extract", "--date", "2026-02-30"],
        ["extract", "--date", "01.01.2026"],
        ["extract", "--date", ""],
        ["fetch"],
        ["extract", "--unknown"],
        ["extract", "load"],
    ],
)
def test_wrong_usage_exits_2(run: Callable[..., Run], capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run()(*arguments)
    assert caught.value.code == 2
    assert "See ./run.sh" in told(capsys)


def test_help_names_every_command_and_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    said = capsys.readouterr().out
    assert all(word in said for word in ("daily", "extract", "load", "build", "publish", "status", "75", "--help"))


def test_interrupt_exits_130_and_says_nothing_is_lost(
    run: Callable[..., Run], time: FakeTime, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    clock = Clock(time.now, time.clock.monotonic, interrupt)
    command = run(Fault("/v1/playlists", after=1, times=1, status=500), clock=clock)
    assert command("extract") == 130
    assert "interrupted: all responses so far are landed" in told(capsys)
    assert command("extract") == 0
    assert "1 of 1 playlists" in capsys.readouterr().out


def test_unwritable_landing_folder_exits_1(
    run: Callable[..., Run], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = run()
    (tmp_path / "landing").write_text("a file")
    assert command("extract") == 1
    assert "landing" in told(capsys)


def test_load_reports_what_it_loaded(run: Callable[..., Run], capsys: pytest.CaptureFixture[str]) -> None:
    command = run()
    command("extract")
    assert command("load") == 0
    assert "loaded 6 answers from 1 new file" in capsys.readouterr().out


def test_load_requires_no_credentials(run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    command = run()
    for name in Simulator.credentials:
        monkeypatch.delenv(name)
    assert command("load") == 0


def test_publish_without_a_build_exits_1(run: Callable[..., Run], capsys: pytest.CaptureFixture[str]) -> None:
    assert run()("publish") == 1
    assert "run `./run.sh build` first" in told(capsys)


def test_status_of_an_empty_project_exits_3(run: Callable[..., Run], capsys: pytest.CaptureFixture[str]) -> None:
    assert run()("status") == 3
    assert "published    nothing yet" in capsys.readouterr().out


@pytest.mark.usefixtures("fake_dbt")
@pytest.mark.parametrize(("fault", "code"), [({"status": 404}, 3), (QUOTA, 75)])
def test_daily_run_publishes_an_incomplete_extraction(
    run: Callable[..., Run], tmp_path: Path, fault: dict[str, Any], code: int
) -> None:
    assert run(Fault("/v1/playlists", after=1, **fault))("daily") == code
    assert (tmp_path / "data" / "s.duckdb").exists()


@pytest.mark.usefixtures("fake_dbt")
def test_daily_run_with_a_failed_build_publishes_nothing(
    run: Callable[..., Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAKE_EXIT", "1")
    assert run(Fault("/v1/playlists", after=1, status=404))() == 1
    assert "nothing was published" in told(capsys)
    assert not (tmp_path / "data" / "s.duckdb").exists()


@pytest.mark.usefixtures("fake_dbt")
def test_default_command_is_daily(run: Callable[..., Run], tmp_path: Path) -> None:
    assert run()() == 0
    assert (tmp_path / "data" / "s.duckdb").exists()


def said(text: str) -> list[dict[str, Any]]:
    """Return the JSON output: one object per line, nothing else."""
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.usefixtures("fake_dbt")
def test_json_output_is_one_object_per_line(
    run: Callable[..., Run], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(Fault("/v1/playlists", times=1, status=404))("daily", "--log-format", "json") == 3
    lines = said(capsys.readouterr().out)
    assert {line["day"] for line in lines} == {"2026-01-02"}
    assert all(line["at"].startswith("2026-01-02T06:00") for line in lines)
    extracted, loaded, built, published, changes = lines
    assert extracted["event"] == "extracted"
    assert (extracted["exit_code"], extracted["playlists_asked"], extracted["playlists_failed"]) == (3, 2, 1)
    assert len(extracted["problems"]) == 1
    assert (loaded["event"], loaded["files"]) == ("loaded", 1)
    assert (built["event"], built["tests"]) == ("built", 1)
    assert (published["event"], published["database"]) == ("published", str(tmp_path / "data" / "s.duckdb"))
    assert (changes["event"], changes["since"]) == ("changes", None)
    assert "--log-format json build" in (tmp_path / "data" / "dbt" / "arguments.txt").read_text()


def test_json_error_is_an_object_on_stderr(run: Callable[..., Run], capsys: pytest.CaptureFixture[str]) -> None:
    assert run()("publish", "--log-format", "json") == 1
    (error,) = said(told(capsys))
    assert (error["event"], error["exit_code"]) == ("error", 1)
    assert "run `./run.sh build` first" in error["message"]


def test_extraction_needs_no_server_to_name_what_was_not_read(
    run: Callable[..., Run], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGHOST", "127.0.0.1")
    monkeypatch.setenv("PGPORT", "1")
    command = run(Fault("/v1/playlists", times=1, status=404))
    command.config.write_text(command.config.read_text().removesuffix("}") + ", target: postgres}")
    assert command("extract") == 3
    assert "not read: playlist " in capsys.readouterr().out


@pytest.mark.usefixtures("fake_dbt")
def test_config_option_alone_runs_daily(run: Callable[..., Run], tmp_path: Path) -> None:
    command = run()
    assert main([str(command.config)], command.clock) == 0
    assert (tmp_path / "data" / "s.duckdb").exists()


def test_missing_engine_says_how_to_install_it(
    run: Callable[..., Run], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg2", None)
    for name in [name for name in sys.modules if name.startswith("extractor.engines.postgres")]:
        monkeypatch.delitem(sys.modules, name)
    assert run()("load", "--target", "postgres") == 2
    said = told(capsys)
    assert "target postgres: psycopg2 is not installed" in said
    assert "pip install .[postgres]" in said


@pytest.mark.usefixtures("fake_dbt")
def test_dbt_builds_on_the_target(run: Callable[..., Run], tmp_path: Path) -> None:
    command = run()
    config = yaml.safe_load(command.config.read_text())
    command.config.write_text(yaml.safe_dump(config | {"target": "postgres"}))
    assert command("daily", "--target", "duckdb") == 0, "the option wins"
    assert "--target duckdb" in (tmp_path / "data" / "dbt" / "arguments.txt").read_text()


@pytest.mark.parametrize("command", ["report", "export", "docs", "purge"])
def test_duckdb_only_command_is_refused_on_another_target(
    run: Callable[..., Run], command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run()(command, "--target", "postgres") == 2
    assert f"{command}: works on DuckDB's files" in told(capsys)


def arguments(folder: Path) -> Path:
    return folder / "data" / "dbt" / "arguments.txt"


@pytest.fixture
def published(run: Callable[..., Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake_dbt: None) -> Run:  # noqa: ARG001
    """Return a Run on a project in which everything landed is published and extraction lands nothing new."""
    command = run()
    assert command("daily") == 0
    nothing = Extraction(0, "nothing to ask", {})
    monkeypatch.setattr("extractor.cli.commands.extract", lambda *_, **__: nothing)
    arguments(tmp_path).unlink()
    return command


def test_daily_skips_build_and_publish_without_new_data(
    published: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (tmp_path / "data" / "s.duckdb").stat()
    assert published("daily") == 0
    said = capsys.readouterr().out
    assert "not rebuilt" in said
    assert "\nbuilt" not in said.replace("not built", "")
    assert not arguments(tmp_path).exists()
    assert (tmp_path / "data" / "s.duckdb").stat() == before


@pytest.mark.parametrize("option", ["--full-refresh", "--full-tests"])
def test_daily_with_a_full_option_always_builds(published: Run, tmp_path: Path, option: str) -> None:
    assert published("daily", option) == 0
    assert arguments(tmp_path).exists()


@pytest.mark.parametrize("command", ["build", "publish"])
def test_build_and_publish_commands_run_without_new_data(
    published: Run, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (tmp_path / "data" / "s.duckdb").stat().st_ino
    assert published(command) == 0
    assert "nothing new" not in capsys.readouterr().out
    assert ((tmp_path / "data" / "s.duckdb").stat().st_ino != before) == (command == "publish")


def test_daily_publishes_an_unpublished_build_without_new_data(
    published: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data" / "s.duckdb").unlink()
    assert published("daily") == 0
    assert (tmp_path / "data" / "s.duckdb").exists()
    monkeypatch.setenv("FAKE_EXIT", "1")
    assert published("build") == 1
    monkeypatch.delenv("FAKE_EXIT")
    arguments(tmp_path).unlink()
    assert published("daily") == 0
    assert "tag:all_rows" not in arguments(tmp_path).read_text()


def test_database_equal_to_warehouse_exits_2(
    run: Callable[..., Run], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = run()
    text = command.config.read_text().replace("data/s.duckdb", "data/w.duckdb")
    command.config.write_text(text)
    assert command("extract") == 2
    assert "must not be the same file as the warehouse" in told(capsys)
    assert not (tmp_path / "landing").exists()


@pytest.mark.parametrize("command", ["report", "export", "docs"])
@pytest.mark.parametrize(
    "kept", ["data/w.duckdb", "data/raw.duckdb", "data/s.duckdb", "landing", "landing/2026-01-02", "seeds"]
)
def test_into_never_overwrites_what_is_kept(
    run: Callable[..., Run], tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, kept: str
) -> None:
    started = run()
    (tmp_path / "data").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / kept)
    for into in (tmp_path / kept, tmp_path / "link"):
        assert started(command, "--into", str(into)) == 2
        assert f"--into {into}: this program keeps what is there; choose another place" in told(capsys)
    assert not (tmp_path / kept).is_file()

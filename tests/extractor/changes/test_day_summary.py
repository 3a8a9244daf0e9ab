"""Changes: the lines after a daily run."""

# ruff: noqa: RUF001 (our minus signs and dashes)

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from extractor.config.settings import Config
from extractor.errors import WarehouseError
from extractor.outputs.changes.lately import summarize_day, summarize_lately
from tests.cluster import Database
from tests.extractor.changes.world import EVIL, A, Shown, change_tables, january
from tests.extractor.conftest import Run
from tests.functions.conftest import copy_marts

SUMMARY = (
    "+2 −1, 1 replaced in 2 playlists since 15 Jan; biggest: Morning +1 −1; Same (left) +1 −0, 1 replaced\n"
    "perhaps before 15 Jan: changes of Same (left) (since 13 Jan)\n"
    f"entered several playlists: {EVIL.replace(chr(10), ' ')} – Z (2)"
)


def test_day_is_summarized_in_three_lines(shown: Shown) -> None:
    text, facts = summarize_day(shown.config, january(16))
    assert text == SUMMARY
    assert facts == {
        "since": january(15),
        "added": 2,
        "removed": 1,
        "replaced": 1,
        "compared": 2,
        "perhaps_before": ["Same (left) (since 13 Jan)"],
        "playlists": [
            {"playlist": "Morning", "added": 1, "removed": 1},
            {"playlist": "Same (left)", "added": 1, "removed": 0},
        ],
    }


def test_day_in_the_middle_is_summarized_without_later_ones(shown: Shown) -> None:
    text, _ = summarize_day(shown.config, january(13))
    assert text == "+1 −1 in 2 playlists since 12 Jan; biggest: Morning +1 −0; Same (left) +0 −1"


@pytest.mark.parametrize(("day", "since"), [(14, 13), (15, 14)])
def test_day_without_changes_says_so(shown: Shown, day: int, since: int) -> None:
    text, facts = summarize_day(shown.config, january(day))
    assert text == f"no changes in 1 playlist since {since} Jan"
    assert (facts["since"], facts["added"], facts["compared"], facts["playlists"]) == (january(since), 0, 1, [])


def test_day_of_first_reads_has_no_changes_to_tell(shown: Shown) -> None:
    change_tables(
        shown,
        f"""
        delete from playlist_changes;
        delete from playlist_days where date = '2026-01-15' or date = '2026-01-16' and playlist_id <> '{A}';
        delete from playlist_days where date < '2026-01-16' and playlist_id = '{A}';
        """,
    )
    text, _ = summarize_day(shown.config, january(16))
    assert text == "changes need two reads of a playlist"
    assert summarize_lately(shown.config)[0] == "16 Jan: changes need two reads of a playlist"


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (11, "no playlist was observed on 11 Jan"),
        (12, "changes need two reads of a playlist"),
        (17, "no playlist was observed on 17 Jan; the last observed day is 16 Jan"),
    ],
)
def test_day_that_is_not_the_last_of_two_says_why_it_shows_nothing(shown: Shown, day: int, text: str) -> None:
    assert summarize_day(shown.config, january(day)) == (text, {"since": None})


def test_summary_of_a_server_is_that_of_the_file(
    shown: Shown, server: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_marts(shown.config.database, server)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    on_server = Config(target="postgres", database=shown.config.database)
    assert summarize_day(on_server, january(16)) == summarize_day(shown.config, january(16))
    with closing(server.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("drop function spotify.changes_since")
        connection.commit()
    with pytest.raises(WarehouseError, match="changes_since"):
        summarize_day(on_server, january(16))


@pytest.mark.usefixtures("fake_dbt")
@pytest.mark.parametrize(
    ("summary", "line"),
    [
        (("+1 −0 in One since 1 Jan", {"added": 1}), "+1 −0 in One since 1 Jan"),
        (WarehouseError("no such file"), "warning: the changes of 2026-01-02 can't be shown: no such file"),
        (KeyError("secret"), "warning: the changes of 2026-01-02 can't be shown: KeyError"),
    ],
)
def test_daily_run_ends_with_the_summary_also_if_nothing_is_new(
    run: Callable[..., Run],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    summary: object,
    line: str,
) -> None:
    def summarize(*_: object) -> object:
        if isinstance(summary, Exception):
            raise summary
        return summary

    monkeypatch.setattr("extractor.cli.commands.summarize_day", summarize)
    command = run()
    for published in ("published ", "nothing new since"):
        assert command("daily") == 0
        captured = capsys.readouterr()
        lines = (captured.err if isinstance(summary, Exception) else captured.out).splitlines()
        assert lines[-1] == line
        assert published in captured.out


@pytest.mark.usefixtures("fake_dbt")
def test_alarms_that_cannot_be_read_are_a_warning_after_publishing(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: Config) -> list[str]:
        raise WarehouseError("no such file")

    monkeypatch.setattr("extractor.cli.commands.read_alarms", fail)
    assert run()("daily") == 0
    captured = capsys.readouterr()
    assert "published " in captured.out
    assert captured.err.splitlines()[-1] == "warning: the changes of 2026-01-02 can't be shown: no such file"


@pytest.mark.usefixtures("fake_dbt")
def test_summary_is_in_the_json_log_and_for_on_failure(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    summary = ("+1 −0 in One since 1 Jan", {"since": january(1), "added": 1})
    monkeypatch.setattr("extractor.cli.commands.summarize_day", lambda *_: summary)
    monkeypatch.setattr("extractor.cli.commands._check_slices", lambda *_: 3)
    command = run()
    text = command.config.read_text().removesuffix("}")
    command.config.write_text(text + ", on_failure: [cp, /dev/stdin, alert.json]}")
    assert command("daily", "--log-format", "json") == 3
    event = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (event["event"], event["since"], event["added"]) == ("changes", "2026-01-01", 1)
    alert = json.loads((tmp_path / "alert.json").read_text())
    assert "+1 −0 in One since 1 Jan" in alert["text"].splitlines()
    assert alert["events"][-1]["event"] == "changes"

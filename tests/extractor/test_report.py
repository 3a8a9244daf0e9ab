"""The report file: made only from the published database, atomic and deterministic."""

import os
from pathlib import Path

import duckdb
import pytest

from extractor.config.settings import Config
from extractor.errors import FileError, WarehouseError
from extractor.outputs.report import report as reporting
from extractor.outputs.report.report import report
from tests.extractor.conftest import empty_marts

TWO_LISTS_FOUR_DAYS = """
insert into playlists (
    playlist_id, playlist_name, label, owner_kind, is_watched, first_complete_date, last_complete_date
) values ('l1', 'One', null, 'user', true, '2026-01-01', '2026-01-04');
insert into playlist_days (playlist_id, date, outcome, reason, entries, total, unavailable_entries, snapshot_id)
select 'l1', date '2026-01-01' + day::integer, 'complete', null, 1, 1, 0, 's' from range(4) as days(day);
insert into track_info (track_id, track_name, artists) values ('a', 'A', 'X'), ('b', 'B', 'Y'), ('c', 'C', 'Z');
insert into tracks_in_playlist (
    playlist_id, track_id, stay_number, added_at, last_seen, first_seen, first_absent, added_at_source,
    starts_before_watch, is_current, days_seen
) values
    ('l1', 'a', 1, '2026-01-01', '2026-01-01', '2026-01-01', '2026-01-02', 'claimed', true, false, 1),
    ('l1', 'b', 1, '2026-01-02', '2026-01-04', '2026-01-02', null, 'claimed', false, true, 3);
insert into track_daily_popularity (track_id, date, popularity)
select 'c', date '2026-01-01' + day::integer, 50 from range(4) as days(day);
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Return a configuration whose published file holds TWO_LISTS_FOUR_DAYS."""
    database = tmp_path / "s.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute("".join(empty_marts()) + TWO_LISTS_FOUR_DAYS)
    return Config(database=database, warehouse=tmp_path / "none.duckdb")


def test_report_is_deterministic(config: Config, tmp_path: Path) -> None:
    reported = report(config, tmp_path / "new" / "one.html")
    report(config, tmp_path / "other.html")
    assert reported.output.read_bytes() == (tmp_path / "other.html").read_bytes()
    assert (reported.playlists, reported.tracks, reported.days, reported.days_left_out) == (1, 3, 4, 0)
    assert "1 playlist, 3 tracks, 4 days" in str(reported)


def test_too_large_history_omits_the_earliest_days(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporting, "CELLS", 8)  # two days of three tracks
    less = report(config, tmp_path / "page.html")
    assert (less.days, less.days_left_out) == (2, 2)
    assert less.tracks == 2  # a's stay ended earlier
    assert "without the 2 earlier days" in str(less)


def test_too_many_stays_are_omitted_with_their_days(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporting, "STAYS", 1)
    less = report(config, tmp_path / "page.html")
    assert (less.days, less.days_left_out) == (2, 2)


def test_report_without_a_published_database_is_an_error_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="nothing is published yet; run"):
        report(Config(database=tmp_path / "s.duckdb"), tmp_path / "page.html")


def test_unwritable_report_is_an_error_and_keeps_the_old_one(config: Config, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="can't be written"):
        report(config, tmp_path / "file" / "page.html")


def test_what_is_not_a_file_is_not_replaced(config: Config, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileError, match=r"pipe: can't be written: it is not a regular file"):
        report(config, tmp_path / "pipe")
    assert [path.name for path in tmp_path.iterdir() if path.is_fifo()] == ["pipe"]

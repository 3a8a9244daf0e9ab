"""Progress: a bar on a terminal, one line per minute elsewhere; errors never stop the run."""

import fcntl
import io
import json
import os
import pty
import select
import struct
import sys
import termios

import pytest

from extractor.cli.console import Console
from extractor.cli.progress import Bar, Lines, progress_on
from extractor.extract.progress import Progress
from tests.extractor.conftest import DAY, FakeTime


@pytest.fixture
def lines(time: FakeTime) -> Lines:
    return Lines(Console(time.clock, DAY))


def test_run_under_a_minute_reports_no_progress(
    lines: Lines, time: FakeTime, capsys: pytest.CaptureFixture[str]
) -> None:
    for done in range(10):
        time.sleep(5.9)
        lines.show("playlists", done, 10, done)
    assert capsys.readouterr() == ("", "")


def test_progress_is_reported_once_a_minute(lines: Lines, time: FakeTime, capsys: pytest.CaptureFixture[str]) -> None:
    for done in range(1, 151):
        time.sleep(1)
        lines.show("playlists", done, 200, done + 3)
    assert capsys.readouterr().err.splitlines() == [
        "06:01 playlists 60 of 200, 63 requests",
        "06:02 playlists 120 of 200, 123 requests",
    ]


def test_long_wait_is_reported_before_it_begins(
    lines: Lines, time: FakeTime, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = lines.on(time.clock)
    clock.sleep(70)  # no request has been sent yet
    assert capsys.readouterr().err == ""
    lines.show("tracks", 50, None, 9)
    for seconds in (5, 100):
        clock.sleep(seconds)
    assert time.sleeps == [70, 5, 100]
    assert capsys.readouterr().err.splitlines() == [
        "06:01 tracks 50 of ?, 9 requests",
        "06:01 tracks 50 of ?, 9 requests, waiting 100 s for Spotify",
    ]


def test_json_progress_is_one_object_per_line(time: FakeTime, capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines(Console(time.clock, DAY, "json"))
    time.sleep(61)
    lines.show("tracks", 100, 400, 5)
    assert json.loads(capsys.readouterr().err) == {
        "at": "2026-01-02T06:01:01Z",
        "event": "progress",
        "day": "2026-01-01",
        "message": "06:01 tracks 100 of 400, 5 requests",
        "what": "tracks",
        "done": 100,
        "total": 400,
        "requests": 5,
        "waiting": 0,
    }


class Full(io.StringIO):
    """A file on a full disk."""

    def flush(self) -> None:
        raise OSError(28, "No space left on device")


def test_full_log_does_not_stop_the_run(lines: Lines, time: FakeTime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Full())
    time.sleep(61)
    lines.show("playlists", 1, 2, 3)


def test_progress_bar_is_hidden_without_a_terminal(time: FakeTime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert isinstance(progress_on(Console(time.clock, DAY)), Lines)


def test_progress_bar_shows_playlists_then_tracks_and_disappears_at_the_end(
    time: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 90, 0, 0))
    with os.fdopen(terminal, "w") as stderr:
        monkeypatch.setattr(sys, "stderr", stderr)
        with progress_on(Console(time.clock, DAY)) as bar:
            assert isinstance(bar, Bar)
            bar.show("playlists", 0, 3, 0)
            bar.show("playlists", 3, 3, 4)
            bar.waits(0.5)
            bar.on(time.clock).sleep(12)
            bar.show("tracks", 0, 100, 4)
        seen = ""
        while select.select([screen], [], [], 0.1)[0]:
            seen += os.read(screen, 100_000).decode()
        monkeypatch.undo()
    os.close(screen)
    frames = [frame.rstrip() for frame in seen.split("\r")]
    assert any(frame.endswith("3 of 3, 4 requests, waiting 12 s for Spotify") for frame in frames)
    assert frames.index(next(frame for frame in frames if frame.startswith("tracks"))) > len(frames) / 2
    assert "waiting 0 s" not in seen
    assert frames[-1] == ""


def test_silent_progress_passes_every_sleep_on(time: FakeTime) -> None:
    with Progress() as silent:
        silent.show("playlists", 1, 2, 3)
        silent.on(time.clock).sleep(3)
    assert time.sleeps == [3]

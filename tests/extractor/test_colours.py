"""Colours: on a terminal only, and never against the user's will."""

# ruff: noqa: RUF001 (our minus signs)

import os
import re
from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import date
from typing import TextIO

import pytest

from extractor.cli.colours import coloured
from extractor.cli.console import Console
from extractor.clock import Clock

CHANGES = "+1,234 −5, 2 replaced in 2 playlists since 15 Jan; biggest: Morning +1 −1, Evening +3 −0"


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, TextIO]]:
    """Return the end of a pseudo-terminal that a person sees, and a stream on it."""
    shown, inside = os.openpty()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    with os.fdopen(inside, "w", encoding="utf-8") as stream:
        yield shown, stream
    os.close(shown)


def printed(terminal: tuple[int, TextIO], log_format: str = "text") -> str:
    with redirect_stdout(terminal[1]):
        Console(Clock(), date(2026, 1, 16), log_format).result("changes", CHANGES, added=1)
    return os.read(terminal[0], 10_000).decode()


def test_terminal_shows_additions_and_removals_in_colours(terminal: tuple[int, TextIO]) -> None:
    text = printed(terminal)
    assert re.findall("\x1b\\[32m(.*?)\x1b\\[0m", text) == ["+1,234", "+1", "+3"]
    assert re.findall("\x1b\\[31m(.*?)\x1b\\[0m", text) == ["−5", "−1", "−0"]
    assert re.sub("\x1b\\[[0-9]+m", "", text).strip() == CHANGES


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_terminal_without_colours_gets_none(
    terminal: tuple[int, TextIO], monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert printed(terminal).strip() == CHANGES


def test_json_log_has_no_colours(terminal: tuple[int, TextIO]) -> None:
    assert "\\u001b" not in printed(terminal, "json").replace("\x1b", "\\u001b")


def test_pipe_has_no_colours(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    Console(Clock(), date(2026, 1, 16)).result("changes", CHANGES)
    assert capsys.readouterr().out.strip() == CHANGES


@pytest.mark.parametrize(
    ("event", "line", "colour"),
    [
        ("error", "error: no such file", "31"),
        ("warning", "warning: a playlist shrank", "33"),
        ("extracted", "  not read: playlist Morning (1): failed", "33"),
        ("status", "problem      spotify.duckdb can't be read", "31"),
        ("status", "unavailable  Morning (1), since 2026-01-01: 404", "33"),
        ("status", "state        all well", "32"),
        ("status", "state        the last day read has gaps", "33"),
        ("published", "published spotify.duckdb (1 MB)", "2"),
        ("changes", "  − Song – X", "31"),
        ("changes", "  + Song – X", "32"),
        ("changes", "error: 404 mix, no changes", None),
        ("changes", "stopped: mix, no changes", None),
        ("changes", "not read: mix, no changes", None),
        ("changes", "state  mix, no changes", None),
        ("status", "published    spotify.duckdb", None),
        ("extracted", "2026-01-16: +1 of 2 playlists", None),
    ],
)
def test_colour_of_a_line_says_what_it_is(event: str, line: str, colour: str | None) -> None:
    assert coloured(event, line) == (f"\x1b[{colour}m{line}\x1b[0m" if colour else line)


def test_playlist_called_like_an_error_is_not_one() -> None:
    assert coloured("changes", "error: 404 mix  +1 −2") == "error: 404 mix  \x1b[32m+1\x1b[0m \x1b[31m−2\x1b[0m"

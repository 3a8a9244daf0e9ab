"""Print results and messages: as text for people, or as one JSON object per line for programs."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TextIO

from extractor.cli.colours import coloured, has_colours
from extractor.clock import Clock
from extractor.errors import visible

LOG_FORMATS = ("text", "json")


@dataclass(frozen=True)
class Console:
    """Writes the results of steps to standard output, everything else to standard error."""

    clock: Clock
    day: date
    log_format: str = "text"
    _texts: list[str] = field(default_factory=list, repr=False)
    _events: list[dict[str, object]] = field(default_factory=list, repr=False)

    def result(self, event: str, text: str, **facts: object) -> None:
        """Print the result of a step, as text or as facts."""
        self._say(sys.stdout, event, text, facts)

    def note(self, event: str, message: str, **facts: object) -> None:
        """Print any other message, such as a warning or an error."""
        text = f"{event}: {message}" if event in ("warning", "error") else message
        self._say(sys.stderr, event, text, {"message": message} | facts)

    def waits(self, message: str) -> None:
        """Print a message about what the command waits for."""
        self.note("waiting", message)

    def summary(self, exit_code: int) -> dict[str, object]:
        """Return everything printed during a run: as text, and as the objects of the JSON log."""
        text = "\n".join([*self._texts, f"the run for {self.day} ended with exit code {exit_code}"])
        return {"day": self.day, "exit_code": exit_code, "text": text, "events": self._events}

    def _say(self, stream: TextIO, event: str, text: str, facts: dict[str, object]) -> None:
        at = self.clock.now().isoformat(timespec="seconds").replace("+00:00", "Z")
        self._texts.append(text)
        self._events.append({"at": at, "event": event, "day": self.day} | facts)
        if self.log_format == "json":
            text = json.dumps(self._events[-1], ensure_ascii=False, default=_text)
        # The run matters more than its output, which may be closed, full, or unable to show a character.
        with suppress(OSError, ValueError):
            text = printable(visible(text), stream)
            if self.log_format == "text" and has_colours(stream):
                text = coloured(event, text)
            print(text, file=stream, flush=True)


def printable(text: str, stream: TextIO | None) -> str:
    """Return a text with `?` for what the encoding of a stream lacks."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)


def survive_closed_output() -> None:
    """Open what is closed of standard input, output and error: a database would otherwise get their numbers."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number
    sys.stdout, sys.stderr = (stream or _nowhere() for stream in (sys.stdout, sys.stderr))


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")


def flush_output() -> None:
    """Flush standard output and error; if that fails, discard what is left, so that Python ends with our exit code."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _text(value: object) -> str:
    """Return dates and times in ISO 8601, anything else as text."""
    return value.isoformat() if isinstance(value, date) else str(value)

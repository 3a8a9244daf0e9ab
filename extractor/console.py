"""What a command says: sentences for people, or one JSON object a line for programs."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import date
from typing import TextIO

from extractor.clock import Clock

LOG_FORMATS = ("text", "json")


@dataclass(frozen=True)
class Console:
    """Standard output for what came of each step, standard error for everything else."""

    clock: Clock
    day: date
    log_format: str = "text"

    def result(self, event: str, text: str, **facts: object) -> None:
        """Say what came of a step, in sentences or in facts."""
        self._say(sys.stdout, event, text, facts)

    def note(self, event: str, message: str, **facts: object) -> None:
        """Say something on the way: a warning, an error."""
        text = f"{event}: {message}" if event in ("warning", "error") else message
        self._say(sys.stderr, event, text, {"message": message} | facts)

    def waits(self, message: str) -> None:
        """Say what is waited for."""
        self.note("waiting", message)

    def _say(self, stream: TextIO, event: str, text: str, facts: dict[str, object]) -> None:
        if self.log_format == "json":
            at = self.clock.now().isoformat(timespec="seconds").replace("+00:00", "Z")
            text = json.dumps({"at": at, "event": event, "day": self.day} | facts, ensure_ascii=False, default=_text)
        print(text, file=stream, flush=True)


def _text(value: object) -> str:
    """A day or an instant in ISO 8601; a path as it is."""
    return value.isoformat() if isinstance(value, date) else str(value)

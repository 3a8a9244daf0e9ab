"""What a command says: sentences for people, or one JSON object a line for programs."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
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
    _texts: list[str] = field(default_factory=list, repr=False)
    _events: list[dict[str, object]] = field(default_factory=list, repr=False)

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

    def summary(self, exit_code: int) -> dict[str, object]:
        """Everything said until the end of a run: as a text for people, and as the objects of the JSON log."""
        text = "\n".join([*self._texts, f"the run for {self.day} ended with exit code {exit_code}"])
        return {"day": self.day, "exit_code": exit_code, "text": text, "events": self._events}

    def _say(self, stream: TextIO, event: str, text: str, facts: dict[str, object]) -> None:
        at = self.clock.now().isoformat(timespec="seconds").replace("+00:00", "Z")
        self._texts.append(text)
        self._events.append({"at": at, "event": event, "day": self.day} | facts)
        if self.log_format == "json":
            text = json.dumps(self._events[-1], ensure_ascii=False, default=_text)
        print(text, file=stream, flush=True)


def _text(value: object) -> str:
    """A day or an instant in ISO 8601; a path as it is."""
    return value.isoformat() if isinstance(value, date) else str(value)

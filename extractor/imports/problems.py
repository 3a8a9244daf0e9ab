"""Collect what is wrong with the input of an import: each place is named, all are counted."""

from __future__ import annotations

from dataclasses import dataclass, field

MOST_NAMED = 10


@dataclass
class Problems:
    """What of the input can't be used. `named` are the first; `count` counts all."""

    named: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, problem: str, count: int = 1) -> None:
        """Count a problem; name it if it is one of the first."""
        self.count += count
        if len(self.named) < MOST_NAMED:
            self.named.append(problem)

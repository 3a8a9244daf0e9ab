"""Colour text on terminals: additions green, removals red, warnings yellow, errors red, the machine dimmed."""

from __future__ import annotations

import os
import re
from typing import TextIO

RED, GREEN, YELLOW, DIM, PLAIN = (f"\x1b[{number}m" for number in (31, 32, 33, 2, 0))

OF_THE_MACHINE = ("planned", "loaded", "built", "published", "unchanged", "waiting")
"""Events that matter only if something is wrong."""

OF_THE_MUSIC = ("changes", "status")
"""Events whose numbers of added and removed tracks are coloured."""

# The start of a line, whether a message or a line of `status`. Those of `changes` may start with any name.
BAD = re.compile(r"\s*(error:|problem |stopped:)")
ODD = re.compile(
    r"\s*(warning:|not read:|(data|not run|unavailable|for long|unknown|quota) {2,})|state +(?!all well| )"
)
WELL = re.compile(r"state +all well")
ADDED = re.compile(r"(?<!\S)\+\d+(,\d{3})*")
REMOVED = re.compile(r"(?<!\S)−\d+(,\d{3})*")  # noqa: RUF001 (our minus sign)
ADDITION = re.compile(r" {2}\+ ")
REMOVAL = re.compile(r" {2}− ")  # noqa: RUF001 (our minus sign)


def has_colours(stream: TextIO) -> bool:
    """Return whether a stream is a terminal with colours, and the user has not refused them (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"


def coloured(event: str, text: str) -> str:
    """Return a text with the colours of a terminal, line by line."""
    return "\n".join(_line(event, line) for line in text.split("\n"))


def _line(event: str, line: str) -> str:
    for pattern, colour in ((BAD, RED), (ODD, YELLOW), (WELL, GREEN)) if event != "changes" else ():
        if pattern.match(line):
            return f"{colour}{line}{PLAIN}"
    if event in OF_THE_MACHINE:
        return f"{DIM}{line}{PLAIN}"
    if event not in OF_THE_MUSIC:
        return line
    for pattern, colour in ((ADDITION, GREEN), (REMOVAL, RED)):
        if pattern.match(line):
            return f"{colour}{line}{PLAIN}"
    return REMOVED.sub(rf"{RED}\g<0>{PLAIN}", ADDED.sub(rf"{GREEN}\g<0>{PLAIN}", line))

"""Read the faults of a scenario."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

from extractor.simulator import reading
from extractor.simulator.faults import UNSET, Fault
from extractor.simulator.reading import ScenarioError, Section

Value = TypeVar("Value")


def read_faults(where: str, value: Any) -> tuple[Fault, ...]:
    """Return the rules under `faults`."""
    if not isinstance(value, list):
        raise ScenarioError(f"{where}: expected a list of rules, got {value!r}")
    return tuple(_fault(Section(f"{where}[{number}]", rule)) for number, rule in enumerate(value))


def _fault(rule: Section) -> Fault:
    if "path" not in rule:
        raise ScenarioError(f"{rule.at('path')}: missing")
    made = Fault(
        path=rule.take("path", "", _pattern),
        day=rule.take("day", None, _or_none(reading.day)),
        after=rule.take("after", 0, reading.count),
        times=rule.take("times", None, _or_none(reading.count)),
        status=rule.take("status", None, _or_none(reading.status)),
        headers=rule.take("headers", {}, _headers),
        body=rule.take("body", UNSET, reading.anything),
        truncate=rule.take("truncate", None, _or_none(reading.count)),
        delay=rule.take("delay", 0.0, reading.seconds),
        drop=rule.take("drop", False, reading.flag),
        then_day=rule.take("then_day", None, _or_none(reading.day)),
    )
    rule.close()
    return made


def _pattern(where: str, value: Any) -> str:
    try:
        return re.compile(reading.text(where, value)).pattern
    except re.error as error:
        raise ScenarioError(f"{where}: not a regular expression: {error}") from error


def _headers(where: str, value: Any) -> dict[str, str]:
    return {reading.name(place, key): reading.name(place, each) for place, key, each in Section(where, value).items()}


def _or_none(check: Callable[[str, Any], Value]) -> Callable[[str, Any], Value | None]:
    return lambda where, value: None if value is None else check(where, value)

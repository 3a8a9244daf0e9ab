"""Read YAML with messages that name the file and the key."""

from collections.abc import Callable, Hashable
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, TypeVar

import yaml

Value = TypeVar("Value")
Usual = TypeVar("Usual")
Choice = TypeVar("Choice", bound=StrEnum)


class ScenarioError(ValueError):
    """A scenario is invalid; the message says where and why."""


class Section:
    """A mapping of a YAML file. Each key must be taken before `close`; keys that are left are unknown."""

    def __init__(self, where: str, content: object, joint: str = ".") -> None:
        """Read `content`, found at `where`; messages join that place and a key by `joint`."""
        if not isinstance(content, dict):
            raise ScenarioError(f"{where}: expected a mapping, got {content!r}")
        self.where = where
        self._content: dict[Any, Any] = content
        self._joint = joint
        self._taken: list[object] = []

    def at(self, key: object) -> str:
        """Return the place of a key, for messages."""
        return f"{self.where}{self._joint}{key}"

    def __contains__(self, key: object) -> bool:
        return key in self._content

    def take(self, key: str, usual: Usual, check: Callable[[str, Any], Value]) -> Value | Usual:
        """Return the checked value of a key, or `usual` if the key is missing."""
        self._taken.append(key)
        return check(self.at(key), self._content[key]) if key in self._content else usual

    def items(self) -> list[tuple[str, Any, Any]]:
        """Take all keys: return (place, key, value) of each."""
        self._taken.extend(self._content)
        return [(self.at(key), key, value) for key, value in self._content.items()]

    def close(self) -> None:
        """Raise ScenarioError if a key was not taken."""
        for key in self._content:
            if key not in self._taken:
                known = ", ".join(str(each) for each in self._taken)
                raise ScenarioError(f"{self.at(key)}: unknown key (known here: {known})")


def text(where: str, value: Any) -> str:
    """Return `value` if it is a text; else raise ScenarioError, like all checks below."""
    if not isinstance(value, str):
        raise ScenarioError(f"{where}: expected a text, got {value!r} (quote it if a text is meant)")
    return value


def name(where: str, value: Any) -> str:
    """Return a name: a text, or a number as a text."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else text(where, value)


def flag(where: str, value: Any) -> bool:
    """Return `value` if it is a boolean."""
    if not isinstance(value, bool):
        raise ScenarioError(f"{where}: expected true or false, got {value!r}")
    return value


def count(where: str, value: Any) -> int:
    """Return `value` if it is an integer from 0."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ScenarioError(f"{where}: expected a whole number from 0, got {value!r}")
    return value


def status(where: str, value: Any) -> int:
    """Return `value` if it is an HTTP status."""
    if count(where, value) not in range(200, 600):
        raise ScenarioError(f"{where}: expected an HTTP status from 200 to 599, got {value!r}")
    return int(value)


def share(where: str, value: Any) -> float:
    """Return `value` if it is a number from 0 to 1."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
        raise ScenarioError(f"{where}: expected a number from 0 to 1, got {value!r}")
    return float(value)


def seconds(where: str, value: Any) -> float:
    """Return `value` if it is a duration in seconds."""
    if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
        raise ScenarioError(f"{where}: expected seconds from 0, got {value!r}")
    return float(value)


def day(where: str, value: Any) -> date:
    """Return `value` as a day; YAML parses a date unless it is quoted."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise ScenarioError(f"{where}: not a day: {error}") from error
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ScenarioError(f"{where}: expected a day such as 2026-01-31, got {value!r}")
    return value


def instant(where: str, value: Any) -> str:
    """Return an instant in the form of the API; a day means its first second."""
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo else value
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00Z"
    return text(where, value)


def anything(_: str, value: Any) -> Any:
    """Return any value unchanged."""
    return value


def one_of(kind: type[Choice]) -> Callable[[str, Any], Choice]:
    """Return a check for the values of an enumeration."""

    def check(where: str, value: Any) -> Choice:
        try:
            return kind(value)
        except ValueError as error:
            raise ScenarioError(f"{where}: expected one of {', '.join(kind)}, got {value!r}") from error

    return check


def parse(source: str, content: str) -> Any:
    """Return the YAML in `content`. Raises an error for duplicate keys, where YAML itself would keep only the last."""
    try:
        return yaml.load(content, Loader=_Loader)  # noqa: S506 (a safe loader, below)
    except yaml.YAMLError as error:
        raise ScenarioError(f"{source}: {error}") from error


class _Loader(yaml.SafeLoader):
    """A safe loader that refuses duplicate keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} is given twice", node.start_mark)
        return super().construct_mapping(node, deep)

"""Read config.yaml and validate it before the first request."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_type_hints

import yaml

from extractor.config.endpoints import NAME, RESERVED, TRACKS, Endpoint
from extractor.config.on_change import OnChange, Rule
from extractor.errors import ConfigError, suggestion

OLD_FORMAT = re.compile(r"^(tracks_url|tables)\s*:", re.MULTILINE)
"""Keys that only the predecessor of this program had."""

TARGETS = ("duckdb", "postgres", "spark")
"""Engines that can store the tables."""

PATHS = ("seeds", "landing", "warehouse", "database")
"""Keys whose values are paths with a default."""

MEMORY = "4GB"
"""The default; profiles.yml has the same."""

MEMORY_SIZE = re.compile(r"[0-9]+(\.[0-9]+)? ?[KMGT]i?B", re.IGNORECASE)


@dataclass(frozen=True)
class Api:
    """The addresses of Spotify and the limits on requests."""

    base_url: str = "https://api.spotify.com/v1"
    token_url: str = "https://accounts.spotify.com/api/token"  # noqa: S105 (an address, not a secret)
    max_in_flight: int = 2
    max_wait_seconds: int = 120
    max_run_hours: int = 12
    requests_per_day: int | None = None


@dataclass(frozen=True)
class Alarms:
    """What is a warning in the data of a day; None switches a limit off. Percentages are of 100 tracks."""

    zeros_percent: int | None = 25
    mean_popularity: int | None = 5
    shrinks_percent: int | None = 50
    vanishing: bool = True


@dataclass(frozen=True)
class Config:
    """The whole configuration. Paths are absolute; relative ones in the file are relative to the file."""

    api: Api = field(default_factory=Api)
    endpoints: Mapping[str, Endpoint] = field(default_factory=lambda: {"tracks": TRACKS})
    seeds: Path = Path("seeds")
    tracks_file: Path | None = None
    discover_tracks: bool = True
    follow_after_leaving_days: int = 28
    batch_number: int = 1
    batch_size: int | None = None
    tolerate_unavailable_days: int | None = 7
    landing: Path = Path("data/landing")
    drop_fields: tuple[str, ...] = ("available_markets", "added_by")
    warehouse: Path = Path("data/warehouse.duckdb")
    database: Path = Path("data/spotify.duckdb")
    target: str = "duckdb"
    memory_limit: str | None = None
    alarms: Alarms = field(default_factory=Alarms)
    on_failure: tuple[str, ...] = ()
    on_change: OnChange = field(default_factory=OnChange)

    @classmethod
    def in_folder(cls, folder: Path) -> Config:
        """Return the defaults, with paths in `folder`."""
        return cls(**{name: folder / getattr(cls, name) for name in PATHS})

    @property
    def memory(self) -> str:
        """Return the most memory that DuckDB may use."""
        return self.memory_limit or MEMORY

    @property
    def raw(self) -> Path:
        """Return the path of the DuckDB file with the loaded responses, beside the warehouse."""
        return self.warehouse.with_name("raw.duckdb")

    @property
    def handed_over(self) -> Path:
        """Return the path of the DuckDB file that records what `on_change` was handed, beside the database."""
        return self.database.with_name("handed_over.duckdb")

    @property
    def feed(self) -> Path:
        """Return the path of the Atom feed, beside the database."""
        return self.database.with_name("feed.atom")


def read_config(path: Path) -> Config:
    """Read and check a configuration file.

    Raises ConfigError naming the file and the key for anything unknown, mistyped or out of range.
    """
    try:
        text = path.read_text("utf-8")
        if OLD_FORMAT.search(text):
            raise ConfigError(f"{path}: uses the old format; docs/migrating.md lists the current keys")
        raw = yaml.load(text, _Loader)  # noqa: S506 (a safe loader)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; name one with --config") from None
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: not readable as YAML: {error}") from error
    values = _checked({} if raw is None else raw, Config, str(path), "")
    for name in (*PATHS, "tracks_file"):
        default = getattr(Config, name)
        value = values.get(name, default)
        try:
            values[name] = value and (path.parent.resolve() / Path(value).expanduser())
        except RuntimeError as error:
            raise ConfigError(f"{path}: {name}: {error}") from error
    config = Config(**values)
    _check_ranges(config, path)
    return config


class _Loader(yaml.SafeLoader):
    """Refuses keys that are given twice, of which the first would be lost, and aliases, which can grow without end."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.YAMLError(f"line {mark.line + 1}: anchors and aliases are not supported; write the value out")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for number, key in enumerate(keys):
            if key in keys[:number]:
                line = node.value[number][0].start_mark.line + 1
                raise yaml.YAMLError(f"line {line}: {key} is given twice")
        return super().construct_mapping(node, deep)


def _checked(raw: object, shape: type, file: str, prefix: str) -> dict[str, Any]:
    """Return the values of a mapping as arguments of the dataclass `shape`, nested dataclasses included."""
    if not isinstance(raw, dict):
        raise ConfigError(f"{file}: {prefix.rstrip('.') or 'the file'} must be a mapping of keys to values")
    hints = get_type_hints(shape)
    values: dict[str, Any] = {}
    for key, value in raw.items():
        where = f"{prefix}{key}"
        if key not in hints:
            raise ConfigError(f"{file}: {where}: unknown key; {suggestion(str(key), hints)}")
        if hints[key] in (Api, Alarms):
            parts = _checked(value, hints[key], file, f"{where}.")
            values[key] = hints[key](**{name: _address(each) for name, each in parts.items()})
        elif key == "endpoints":
            values[key] = _endpoints(value, file)
        elif key == "on_change":
            values[key] = _on_change(value, file)
        elif key == "rules":
            values[key] = _rules(value, file)
        else:
            values[key] = _typed(value, hints[key], f"{file}: {where}")
    if shape is Endpoint and "path" not in values:
        raise ConfigError(f"{file}: {prefix}path: missing")
    return values


def _address(value: Any) -> Any:
    """Return an address without a slash at its end, any other value as it is."""
    return value.rstrip("/") if isinstance(value, str) else value


def _endpoints(raw: object, file: str) -> dict[str, Endpoint]:
    """Return `tracks`, which is always requested, and the endpoints of the file."""
    if not isinstance(raw, dict):
        raise ConfigError(f"{file}: endpoints: must be a mapping of names to {{path, batch, items, ids}}")
    endpoints = {"tracks": TRACKS}
    for name, value in raw.items():
        where = f"endpoints.{name}"
        if not NAME.fullmatch(str(name)):
            raise ConfigError(
                f"{file}: {where}: is no valid name: use lower-case letters, digits and _, and none of "
                + ", ".join(RESERVED)
            )
        endpoints[name] = Endpoint(**_checked(value, Endpoint, file, f"{where}."))
        endpoints[name].check(name, f"{file}: {where}")
    return endpoints


def _on_change(raw: object, file: str) -> OnChange:
    on_change = OnChange(**_checked(raw, OnChange, file, "on_change."))
    if on_change.rules and not on_change.command:
        raise ConfigError(f"{file}: on_change.command: missing; the rules choose what this command gets")
    return on_change


def _rules(raw: object, file: str) -> tuple[Rule, ...]:
    if not isinstance(raw, list):
        raise ConfigError(f"{file}: on_change.rules: must be a list of rules, each a mapping of keys to values")
    rules = []
    for number, value in enumerate(raw):
        where = f"on_change.rules[{number}]"
        rules.append(Rule(**_checked(value, Rule, file, f"{where}.")))
        rules[-1].check(f"{file}: {where}")
    return tuple(rules)


def _typed(value: object, hint: object, where: str) -> object:
    # bool is an int in Python: `batch_size: yes` must not pass for 1.
    kinds: dict[object, tuple[str, bool]] = {
        str: ("text", isinstance(value, str)),
        int: ("a whole number", isinstance(value, int) and not isinstance(value, bool)),
        bool: ("true or false", isinstance(value, bool)),
        Path: ("a path", isinstance(value, str) and value != ""),
        tuple[str, ...]: ("a list of text", isinstance(value, list) and all(isinstance(v, str) for v in value)),
    }
    optional = [part for part in getattr(hint, "__args__", ()) if part in kinds]
    kind = optional[0] if hint not in kinds else hint
    name, fits = kinds[kind]
    if value is None and hint is not kind:
        return None
    if not fits:
        raise ConfigError(f"{where}: must be {name}, not {value!r}")
    return tuple(value) if isinstance(value, list) else value


def _check_ranges(config: Config, path: Path) -> None:
    at_least_one = {
        "api.max_in_flight": config.api.max_in_flight,
        "api.max_run_hours": config.api.max_run_hours,
        "api.requests_per_day": config.api.requests_per_day,
        "batch_number": config.batch_number,
        "batch_size": config.batch_size,
    }
    for key, number in at_least_one.items():
        if number is not None and number < 1:
            raise ConfigError(f"{path}: {key}: must be at least 1, not {number}")
    not_negative = {
        "api.max_wait_seconds": config.api.max_wait_seconds,
        "follow_after_leaving_days": config.follow_after_leaving_days,
        "tolerate_unavailable_days": config.tolerate_unavailable_days,
        "alarms.zeros_percent": config.alarms.zeros_percent,
        "alarms.mean_popularity": config.alarms.mean_popularity,
        "alarms.shrinks_percent": config.alarms.shrinks_percent,
    }
    for key, number in not_negative.items():
        if number is not None and number < 0:
            raise ConfigError(f"{path}: {key}: must not be negative")
    if config.target not in TARGETS:
        raise ConfigError(f"{path}: target: must be one of {', '.join(TARGETS)}, not {config.target!r}")
    if config.memory_limit is not None and not MEMORY_SIZE.fullmatch(config.memory_limit):
        raise ConfigError(f"{path}: memory_limit: must be a size such as 2GB, not {config.memory_limit!r}")
    if config.batch_number > 1 and config.batch_size is None:
        raise ConfigError(f"{path}: batch_number: worker {config.batch_number} also needs a batch_size")
    for key, url in (("api.base_url", config.api.base_url), ("api.token_url", config.api.token_url)):
        if not re.match(r"https?://[^/]+", url):
            raise ConfigError(f"{path}: {key}: must be an http(s) address, not {url!r}")

"""Configurations of the program this project grew from: what they say, and which of their keys nobody knows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import yaml

from extractor.config import OLD_FORMAT, Api, spotify_id
from extractor.errors import ConfigError

TYPES = {
    "text": "varchar",
    "varchar": "varchar",
    "string": "varchar",
    "integer": "integer",
    "int": "integer",
    "bigint": "bigint",
    "real": "double",
    "float": "double",
    "double": "double",
    "boolean": "boolean",
    "bool": "boolean",
    "date": "date",
    "timestamp": "timestamp",
    "datetime": "timestamp",
}
NAME = re.compile(r"[a-z_][a-z0-9_]*")
FIELD = re.compile(r"[a-z_]\w*(\.([a-z_]\w*|\*))*", re.ASCII)
IDS = {
    "tracks": ("tracks", "track_ids", "tracks_file", "track_ids_file"),
    "playlists": ("playlists", "playlist_ids", "playlists_file", "playlist_ids_file"),
}
"""Keys under which ids may be listed, or a file named that lists them."""


@dataclass(frozen=True)
class Column:
    """`name:path:type`, with the type in today's words."""

    name: str
    path: str
    data_type: str


@dataclass(frozen=True)
class OldConfig:
    """What an old configuration says. `unknown` are the keys that say nothing to us."""

    base_url: str
    tables: Mapping[str, tuple[Column, ...]]
    batches: Mapping[str, int]
    ids: Mapping[str, tuple[str, ...]]
    unknown: tuple[str, ...]


def read_old_config(path: Path) -> OldConfig:
    """Read an old configuration. Raises ConfigError naming file and key for what can't be meant."""
    try:
        text = path.read_text("utf-8")
        raw = yaml.safe_load(text.expandtabs())  # its documentation has tabs before comments, which YAML forbids
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: not readable as YAML: {error}") from error
    if not isinstance(raw, dict) or not OLD_FORMAT.search(text):
        raise ConfigError(f"{path}: no configuration of the old format: it has neither tracks_url nor tables")
    batches = {key: raw[key] for key in ("batch_number", "batch_size") if raw.get(key) is not None}
    for key, value in batches.items():
        if type(value) is not int or value < 1:
            raise ConfigError(f"{path}: {key}: must be a whole number from 1 on, not {value!r}")
    ids = {
        kind: tuple(each for key in keys if raw.get(key) for each in _ids(raw[key], kind, key, path))
        for kind, keys in IDS.items()
    }
    known = {"tracks_url", "tables", *batches, *chain.from_iterable(IDS.values())}
    return OldConfig(
        _base_url(raw.get("tracks_url"), path),
        {name: columns for table in _list(raw, "tables", path) for name, columns in [_table(table, path)]},
        batches,
        ids,
        tuple(str(key) for key in raw if key not in known),
    )


def _base_url(tracks_url: object, path: Path) -> str:
    if tracks_url is None:
        return Api.base_url
    match = re.fullmatch(r"(https?://.+?)/+tracks/*\?ids=", str(tracks_url))
    if not match:
        raise ConfigError(
            f"{path}: tracks_url: {tracks_url!r} does not end with /tracks?ids=; what else is asked for is an endpoint "
            "of config.yaml today"
        )
    return match[1]


def _list(raw: Mapping[str, Any], key: str, path: Path) -> list[Any]:
    value = raw.get(key) or []
    if not isinstance(value, list):
        raise ConfigError(f"{path}: {key}: must be a list")
    return value


def _table(raw: object, path: Path) -> tuple[str, tuple[Column, ...]]:
    name = str(raw.get("table_name", "")).lower() if isinstance(raw, dict) else ""
    if not isinstance(raw, dict) or not NAME.fullmatch(name) or raw.keys() - {"table_name", "columns"}:
        raise ConfigError(f"{path}: tables: each must have a table_name, a list of columns, and nothing else: {raw!r}")
    return name, tuple(_column(text, f"{path}: {name}: {text!r}") for text in _list(raw, "columns", path))


def _column(text: object, where: str) -> Column:
    parts = str(text).split(":")
    if len(parts) != 3:
        raise ConfigError(f"{where}: a column is <name>:<response field>:<type>")
    name, field_path, old_type = (part.strip() for part in parts)
    if not NAME.fullmatch(name.lower()):
        raise ConfigError(f"{where}: {name!r} can't be the name of a column: letters, digits and _")
    if not FIELD.fullmatch(field_path):
        raise ConfigError(f"{where}: {field_path!r} is no response field: keys with dots between, * for all of a list")
    if old_type.lower() not in TYPES:
        raise ConfigError(f"{where}: unknown type {old_type!r}; known: {', '.join(TYPES)}")
    return Column(name.lower(), field_path, TYPES[old_type.lower()])


def _ids(raw: object, kind: str, key: str, path: Path) -> list[str]:
    if isinstance(raw, str):
        file = path.parent / raw
        try:
            raw = [line for line in file.read_text("utf-8").splitlines() if line.strip()]
        except (OSError, ValueError) as error:
            raise ConfigError(f"{path}: {key}: {file} can't be read: {error}") from error
    if not isinstance(raw, list):
        raise ConfigError(f"{path}: {key}: must be a list of ids, or a file with one a line")
    return [spotify_id(str(each), kind.removesuffix("s"), f"{path}: {key}") for each in raw]

"""An old configuration as today's files: config.yaml, seeds, the mapping in models/marts, and a line for each table."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from extractor.config import Api
from extractor.errors import ConfigError
from extractor.old_config import Column, OldConfig, read_old_config
from extractor.transform import PROJECT

MARTS = Path("models/marts")
PROPERTIES = MARTS / "_marts__models.yml"
OWN_TABLES = {
    "track_daily_popularity": "is made anyway, a row for each track and day",
    "tracks_in_playlist": "is made anyway, a row for each stay",
    "tracks_in_playlists": "is tracks_in_playlist, a row for each stay",
    "tracks_in_playlist_stage": "is not needed: the answers themselves are kept",
}
COLUMN = """\
      - &{name}
        name: {name}
        data_type: {data_type}
        description: "`{path}` in Spotify's answer, as {old} called it."
        config: {{meta: {{path: {path}}}}}
"""


@dataclass
class Conversion:
    """Files to write, by their path in the project, each with what it is; and what was not taken over."""

    files: dict[Path, tuple[str, str]] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)

    def told(self, into: Path) -> str:
        lines = [f"{into / path}: {what}" for path, (_, what) in self.files.items()]
        lines += [f"not taken over: {why}" for why in self.left]
        lines.append(f"Look at the files, then copy them over the project's: cp -R {into}/. {PROJECT}/")
        if PROPERTIES in self.files:
            lines.append("Where a warehouse is built already: ./run.sh build --full-refresh")
        return "\n".join(lines)


class TrackInfo:
    """The mapping of track_info, and the columns it gets."""

    def __init__(self) -> None:
        self.text = (PROJECT / PROPERTIES).read_text("utf-8")
        (model,) = (model for model in yaml.safe_load(self.text)["models"] if model["name"] == "track_info")
        self.columns: dict[str, Column | None] = {}
        for column in model["columns"]:
            path = column.get("config", {}).get("meta", {}).get("path")
            self.columns[column["name"]] = Column(column["name"], path, column["data_type"]) if path else None
        self.added: list[Column] = []

    def find(self, column: Column) -> str | None:
        """The name under which the same is there already."""
        same = (each for each in self.columns.values() if each and each.path == column.path)
        return next((each.name for each in same if each.data_type == column.data_type), None)

    def add(self, column: Column) -> None:
        self.columns[column.name] = column
        self.added.append(column)

    def properties(self, old: str) -> str:
        """The properties file with the added columns, also in the history."""
        entries = "".join(COLUMN.format(old=old, **vars(column)) for column in self.added)
        text = _insert(self.text, entries, "  - name: track_info\n", "      - name: first_seen\n")
        aliases = "".join(f"      - *{column.name}\n" for column in self.added)
        return _insert(text, aliases, "  - name: track_info_history\n", "      - name: valid_from\n")


def convert(old_path: Path, into: Path, overwrite: bool) -> str:
    """Write an old configuration as today's files below `into`; returns what to tell. Raises ConfigError."""
    old = read_old_config(old_path)
    conversion = Conversion(left=[f"{key}: not understood" for key in old.unknown])
    conversion.files[Path("config.yaml")] = _config(old, old_path.name), "the configuration"
    for kind, ids in old.ids.items():
        if ids:
            seed = f"{kind[:-1]}_id,label\n" + "".join(f"{each},\n" for each in dict.fromkeys(ids))
            conversion.files[Path("seeds") / f"{kind}.csv"] = seed, f"the watched {kind}"
    _convert_tables(old, old_path.name, conversion)
    _write(conversion, into, overwrite)
    return conversion.told(into)


def _config(old: OldConfig, name: str) -> str:
    content: dict[str, Any] = {"api": {"base_url": old.base_url}} if old.base_url != Api.base_url else {}
    content |= old.batches
    if any(column.path.split(".")[0] == "available_markets" for columns in old.tables.values() for column in columns):
        content["drop_fields"] = []
    return f"# From {name}. Every other key has the default that the project's own config.yaml shows.\n" + (
        yaml.safe_dump(content, sort_keys=False) if content else "{}\n"
    )


def _convert_tables(old: OldConfig, name: str, conversion: Conversion) -> None:
    track_info = TrackInfo()
    models = []
    for table, columns in old.tables.items():
        for column in columns if table == "track_info" else ():
            _add_to_track_info(column, track_info, conversion)
        if table in OWN_TABLES:
            conversion.left.append(f"{table}: {OWN_TABLES[table]}")
        elif table != "track_info":
            if table in {model["name"] for model in yaml.safe_load(track_info.text)["models"]}:
                raise ConfigError(f"{name}: tables: {table} is another table today; call yours otherwise")
            selected = _selected(table, columns, track_info, conversion)
            models.append(_model(table, selected, name))
            line = ", ".join(mine if mine == column.name else f"{mine} as {column.name}" for column, mine in selected)
            select = f"select {line} from {{{{ ref('track_info') }}}}\n"  # noqa: S608 (names that are nothing else)
            conversion.files[MARTS / f"{table}.sql"] = select, f"the table {table}"
    if track_info.added:
        names = ", ".join(column.name for column in track_info.added)
        conversion.files[PROPERTIES] = track_info.properties(name), f"track_info and its history with {names}"
    if models:
        text = yaml.safe_dump({"models": models}, sort_keys=False, width=120)
        conversion.files[MARTS / "_converted__models.yml"] = text, "what the columns of the tables mean"


def _add_to_track_info(column: Column, track_info: TrackInfo, conversion: Conversion) -> None:
    where = f"track_info.{column.name}"
    if column.path == "popularity":
        conversion.left.append(f"{where}: is in track_daily_popularity, day by day")
    elif column.name not in track_info.columns:
        track_info.add(column)
    elif (there := track_info.columns[column.name]) is None:
        if column.name != "track_id":
            conversion.left.append(f"{where}: track_info has a column of that name that is from no answer")
    elif there != column:
        conversion.left.append(f"{where}: is {there.path}:{there.data_type} today; call yours otherwise")


def _selected(
    table: str, columns: tuple[Column, ...], track_info: TrackInfo, conversion: Conversion
) -> list[tuple[Column, str]]:
    """Columns of a table and the columns of track_info they are taken from, which gets those it lacks."""
    selected = (
        [] if any(column.path == "id" for column in columns) else [(Column("track_id", "id", "varchar"), "track_id")]
    )
    for column in columns:
        mine = "track_id" if column.path == "id" else track_info.find(column)
        if column.path == "popularity":
            conversion.left.append(f"{table}.{column.name}: is in track_daily_popularity, day by day")
            continue
        if mine is None:
            mine = column.name if column.name not in track_info.columns else f"{table}_{column.name}"
            track_info.add(Column(mine, column.path, column.data_type))
        selected.append((column, mine))
    return selected


def _model(table: str, selected: list[tuple[Column, str]], old: str) -> dict[str, Any]:
    def column(column: Column, mine: str) -> dict[str, Any]:
        tests = {"data_tests": ["not_null", "unique"]} if mine == "track_id" else {}
        means = f"{mine} of track_info, `{column.path}` in Spotify's answer."
        return {"name": column.name, "data_type": column.data_type, "description": means} | tests

    means = f"What {old} called {table}, as last seen. Grain: one row per track."
    return {"name": table, "description": means, "columns": [column(*each) for each in selected]}


def _insert(text: str, entries: str, model: str, before: str) -> str:
    place = text.index(before, text.index(model))
    return text[:place] + entries + text[place:]


def _write(conversion: Conversion, into: Path, overwrite: bool) -> None:
    there = [str(into / path) for path in conversion.files if (into / path).exists()]
    if there and not overwrite:
        raise ConfigError(f"{', '.join(there)}: there already; name another folder with --into, or --overwrite them")
    try:
        for path, (content, _) in conversion.files.items():
            (into / path).parent.mkdir(parents=True, exist_ok=True)
            (into / path).write_text(content, "utf-8")
    except OSError as error:
        raise ConfigError(f"{error.filename}: can't be written: {error.strerror}") from error

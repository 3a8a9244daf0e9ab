"""The published tables of Spark: Parquet files that are never touched again, and what leads to them.

In Spark that is the schema `spotify`; for everybody else the published database, in which every table is a view of its
files. It is put in place by one rename, and the files of the publication before are kept until the next.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import duckdb

from extractor.config import Config
from extractor.errors import BuildError, WarehouseError
from extractor.publish import ANSWERS, Published, define
from extractor.spark.build import has_passed
from extractor.spark.folder import PUBLICATION, folder_of
from extractor.transform import PROJECT, run_dbt
from extractor.warehouse import opened, quoted, remove


def publish(config: Config) -> Published:
    """Have Spark write the marts once more, and put the database that shows them in the place of the one before.

    Raises BuildError unless everything loaded is built and tested, WarehouseError if a file can't be written.
    """
    if not has_passed(config):
        raise BuildError(
            f"{folder_of(config)}: loaded or built since the last build that passed its tests, or never built; "
            "run `./run.sh build --target spark` first. Nothing is published"
        )
    tables, dbt = folder_of(config) / "tables", config.warehouse.parent / "dbt"
    pointer = folder_of(config) / "published"
    present = pointer.read_text() if pointer.exists() else None
    numbers = {int(found[1]): path.stem for path in tables.glob("*.db") if (found := PUBLICATION.fullmatch(path.stem))}
    publication = f"published_{max(numbers, default=0) + 1}"
    outdated = [name for name in numbers.values() if name != present]
    arguments = json.dumps({"publication": publication, "outdated": outdated})
    if run_dbt(config, dbt, "run-operation", "publish_marts", "--args", arguments) != 0:
        raise BuildError(f"Spark can't publish (details above and in {dbt / 'dbt.log'}); what was published stays")
    _show(config.database, tables / f"{publication}.db", _marts(dbt / "manifest.json"))
    pointer.write_text(publication)
    for name in outdated:
        shutil.rmtree(tables / f"{name}.db", ignore_errors=True)  # what was killed is in no catalog
    files = (tables / f"{publication}.db").glob("*/*.parquet")
    return Published(config.database, sum(file.stat().st_size for file in files))


def _marts(manifest: Path) -> list[dict[str, Any]]:
    """What dbt knows of each mart."""
    nodes: dict[str, dict[str, Any]] = json.loads(manifest.read_bytes())["nodes"]
    return [node for node in nodes.values() if node["resource_type"] == "model" and node["schema"] == "main"]


def _show(database: Path, publication: Path, marts: list[dict[str, Any]]) -> None:
    """Make the published database: a view of each mart's files, and the answers."""
    beside = database.with_name(f".{database.name}.new")
    remove(beside)
    with opened(beside) as connection:
        for mart in marts:
            _show_mart(connection, mart, publication.resolve() / mart["name"] / "*.parquet")
        for name in ANSWERS:
            define(connection, PROJECT / "answers" / f"{name}.sql")
    try:
        with beside.open("rb+") as file:
            os.fsync(file.fileno())
        beside.replace(database)
    except OSError as error:
        raise WarehouseError(f"{database}: can't be replaced: {error.strerror}") from error


def _show_mart(connection: duckdb.DuckDBPyConnection, mart: dict[str, Any], files: Path) -> None:
    name = f'main."{mart["name"]}"'
    columns = ", ".join(mart["columns"])
    connection.execute(f"create view {name} as select {columns} from read_parquet({quoted(str(files))})")  # noqa: S608 (our own)
    connection.execute(f"comment on view {name} is {quoted(mart['description'].strip())}")
    for column in mart["columns"].values():
        connection.execute(f'comment on column {name}."{column["name"]}" is {quoted(column["description"].strip())}')

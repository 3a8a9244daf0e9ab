"""Publish the tables of Spark: immutable Parquet files, a schema, and a database of views.

Spark users read the schema `spotify`; everyone else reads the published DuckDB database, in which every table is a view
of its Parquet files. It is put in place by one rename, and the files of the previous publication are kept until the
next.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import duckdb

from extractor.config.settings import Config
from extractor.engines.base import Published, check_passed
from extractor.engines.dbt import dbt_folder, marts, run_dbt
from extractor.engines.duckdb.files import opened, quoted, successor
from extractor.engines.duckdb.publish import READ_ONLY
from extractor.engines.functions import FUNCTIONS, comment_of, define, file_of
from extractor.engines.spark.build import last_build, state_files
from extractor.engines.spark.folder import PUBLICATION, folder_of
from extractor.engines.spark.load import last_load
from extractor.errors import BuildError


def publish(config: Config) -> Published:
    """Have Spark write the marts as new tables, and replace the published database by one that shows them.

    Raises BuildError unless the last build passed, WarehouseError if a file can't be written.
    """
    folder = folder_of(config)
    check_passed(last_build(folder), config.target, folder, "Nothing was published")
    tables, dbt = folder / "tables", dbt_folder(config)
    present, _ = _published(folder)
    numbers = {int(found[1]): path.stem for path in tables.glob("*.db") if (found := PUBLICATION.fullmatch(path.stem))}
    publication = f"published_{max(numbers, default=0) + 1}"
    outdated = [name for name in numbers.values() if name != present]
    arguments = {
        "publication": publication,
        "functions": [_function(name) for name in FUNCTIONS if file_of(name, "spark").exists()],
        "outdated": outdated,
    }
    if run_dbt(config, dbt, "run-operation", "publish_marts", "--args", json.dumps(arguments)) != 0:
        raise BuildError(
            f"Spark can't publish (details above and in {dbt / 'dbt.log'}); what was published is unchanged"
        )
    _show(config.database, tables / f"{publication}.db", marts(config))
    _pointer(folder).write_text("\n".join([publication, *_build_of(folder)]))
    for name in outdated:
        shutil.rmtree(tables / f"{name}.db", ignore_errors=True)  # tables of a killed publication are in no catalog
    files = (tables / f"{publication}.db").glob("*/*.parquet")
    return Published(config.database, sum(file.stat().st_size for file in files))


def is_published(config: Config) -> bool:
    """Return whether the last publication is of the last build, and that build passed with every load."""
    folder = folder_of(config)
    build = last_build(folder)
    if build is None or not build.has_passed or build.up_to_load != last_load(folder / "raw"):
        return False
    return config.database.exists() and _published(folder)[1] == _build_of(folder)


def _pointer(folder: Path) -> Path:
    return folder / "published"


def _published(folder: Path) -> tuple[str | None, list[str]]:
    """Return the schema to publish, and the files that identify its build."""
    lines = _pointer(folder).read_text().splitlines() if _pointer(folder).exists() else []
    return (lines[0] if lines else None), lines[1:]


def _build_of(folder: Path) -> list[str]:
    return [file.name for file in state_files(folder)]


def _function(name: str) -> str:
    """Return the statement that defines a function, with the comment at the top of its file."""
    definition = file_of(name, "spark").read_text("utf-8")
    comment = comment_of(definition).replace("\\", "\\\\").replace("'", "\\'")
    return definition.replace("\nreturn\n", f"\ncomment '{comment}'\nreturn\n", 1)


def _show(database: Path, publication: Path, shown: list[dict[str, Any]]) -> None:
    """Create the published database: a view of each mart's files, and the functions."""
    with successor(database, READ_ONLY) as beside, opened(beside) as connection:
        for mart in shown:
            _show_mart(connection, mart, publication.resolve() / mart["name"] / "*.parquet")
        for name in FUNCTIONS:
            define(connection, name)
        connection.execute("checkpoint")


def _show_mart(connection: duckdb.DuckDBPyConnection, mart: dict[str, Any], files: Path) -> None:
    name = f'main."{mart["name"]}"'
    columns = ", ".join(mart["columns"])
    connection.execute(f"create view {name} as select {columns} from read_parquet({quoted(str(files))})")  # noqa: S608 (our own)
    connection.execute(f"comment on view {name} is {quoted(mart['description'].strip())}")
    for column in mart["columns"].values():
        connection.execute(f'comment on column {name}."{column["name"]}" is {quoted(column["description"].strip())}')

"""The published tables as files, for tools that don't open DuckDB."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb

from extractor.config.settings import Config
from extractor.engines.base import megabytes
from extractor.engines.duckdb.files import opened, quoted
from extractor.errors import ExportError, WarehouseError

FORMATS = {"parquet": "format parquet, compression zstd", "csv": "format csv, header"}

BY_MONTH = {"track_daily_popularity": "date", "tracklists": "first_day"}
"""Tables that grow by many rows a day, and the day they are split by: months are files of a handy size."""

TABLES = """
select table_name from information_schema.tables
where table_catalog = current_database() and table_schema = 'main'
order by table_name
"""
DICTIONARY = """
select table_name, column_name, data_type, column_comment as meaning, table_comment as table_meaning
from information_schema.columns
inner join information_schema.tables using (table_catalog, table_schema, table_name)
where table_catalog = current_database() and table_schema = 'main'
order by table_name, ordinal_position
"""


@dataclass(frozen=True)
class Exported:
    """What an export wrote."""

    folder: Path
    files: int
    bytes: int

    def __str__(self) -> str:
        return f"exported {self.files} files ({megabytes(self.bytes)}) into {self.folder}"


def export(config: Config, file_format: str, folder: Path) -> Exported:
    """Write every published table into `folder`, replacing an earlier export of that format; other files stay.

    Everything is written beside first, then renamed file by file, so that each file is always a whole one. Raises
    WarehouseError if nothing is published, ExportError if the folder can't be written.
    """
    if not config.database.exists():
        raise WarehouseError(f"{config.database}: nothing is published yet; run `./run.sh daily`")
    beside = folder / ".unfinished"
    try:
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        with opened(config.database, read_only=True, memory_limit=config.memory_limit) as connection:
            _write(connection, file_format, beside)
        written = _put_in_place(beside, folder)
    except (WarehouseError, OSError) as error:
        raise ExportError(f"{folder}: {error}. Every file of an earlier export is whole; export again") from error
    for table in BY_MONTH:
        for left_over in set(folder.glob(f"{table}/month=*/{table}.{file_format}")) - set(written):
            left_over.unlink()
    return Exported(folder, len(written), sum(path.stat().st_size for path in written))


def _write(connection: duckdb.DuckDBPyConnection, file_format: str, folder: Path) -> None:
    def copy(query: str, path: Path, options: str = FORMATS[file_format]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection.execute(f"copy ({query}) to {quoted(str(path))} ({options})")

    for (table,) in connection.execute(TABLES).fetchall():
        if table not in BY_MONTH:
            copy(f'from "{table}"', folder / f"{table}.{file_format}")
            continue
        month_of = f"date_trunc('month', {BY_MONTH[table]})"
        for (month,) in connection.execute(f'select distinct {month_of} from "{table}"').fetchall():  # noqa: S608 (our own table)
            rows = f"from \"{table}\" where {month_of} = date '{month}'"
            copy(rows, folder / table / f"month={month:%Y-%m}" / f"{table}.{file_format}")
    copy(DICTIONARY, folder / "columns.csv", FORMATS["csv"])


def _put_in_place(beside: Path, folder: Path) -> list[Path]:
    written = []
    for path in sorted(path for path in beside.rglob("*") if path.is_file()):
        place = folder / path.relative_to(beside)
        place.parent.mkdir(parents=True, exist_ok=True)
        written.append(path.replace(place))
    shutil.rmtree(beside)
    return written

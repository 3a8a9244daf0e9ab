"""Export the published tables as files, for tools that can't open DuckDB files."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb

from extractor.config.settings import Config
from extractor.engines.base import megabytes
from extractor.engines.duckdb.files import READ, number_of, opened, path_text, quoted
from extractor.errors import ConfigError, ExportError, WarehouseError, counted, suggestion
from extractor.files import sync
from extractor.outputs.missing import check_published

FORMATS = {"parquet": "format parquet, compression zstd", "csv": "format csv, header"}

SNAPSHOTS = "snapshots"
"""A format of its own: one table, in the columns that ./run.sh import reads."""

READERS = {".parquet": "read_parquet({path})", ".csv": "read_csv({path}, header = true, all_varchar = true)"}

SPLIT_ABOVE_BYTES = 200_000_000
"""A table with a date column and a larger file becomes a folder with one file per month."""

DAYS = ("date", "first_day", "first_seen", "valid_from")
"""Columns to split a large table by; the first that the table has is used."""

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
    """The result of an export."""

    folder: Path
    files: int
    bytes: int

    def __str__(self) -> str:
        return f"exported {counted(self.files, 'file')} ({megabytes(self.bytes)}) into {self.folder}"


def export(config: Config, file_format: str, folder: Path, only: str | None = None) -> Exported:
    """Write every published table, or `only` one, into `folder`, replacing an earlier export of that format.

    The format `snapshots` is one Parquet file with the content of each playlist on each usable day.

    Everything is written beside first and read back, then renamed file by file, so that each file is always a whole
    one. Raises WarehouseError if nothing is published, ConfigError for an unknown table, ExportError if the folder
    can't be written.
    """
    check_published(config.database)
    beside = folder / ".unfinished"
    extension = "parquet" if file_format == SNAPSHOTS else file_format
    try:
        with opened(config.database, read_only=True, memory_limit=config.memory) as connection:
            tables = _snapshots(connection, only) if file_format == SNAPSHOTS else _tables(connection, only)
            shutil.rmtree(beside, ignore_errors=True)
            beside.mkdir(parents=True)
            _write(connection, tables, extension, beside)
        written = _put_in_place(beside, folder)
    except (ExportError, WarehouseError, OSError) as error:
        shutil.rmtree(beside, ignore_errors=True)
        raise ExportError(f"{folder}: {error}. All files of the earlier export are intact; export again") from error
    for table in tables:
        earlier = {folder / f"{table}.{extension}", *folder.glob(f"{table}/month=*/{table}.{extension}")}
        for left_over in earlier - set(written):
            left_over.unlink(missing_ok=True)
    return Exported(folder, len(written), sum(path.stat().st_size for path in written))


def _tables(connection: duckdb.DuckDBPyConnection, only: str | None) -> list[str]:
    tables = [str(table) for (table,) in connection.execute(TABLES).fetchall()]
    if only is None:
        return tables
    if only not in tables:
        raise ConfigError(f"--only {only}: no such table; {suggestion(only, tables)}")
    return [only]


def _snapshots(connection: duckdb.DuckDBPyConnection, only: str | None) -> list[str]:
    """Return the name of a view with the neutral table, which this creates."""
    if only is not None:
        raise ConfigError(f"--only {only}: --format {SNAPSHOTS} writes one table of its own; leave out --only")
    query = Path(__file__).with_name("snapshots.sql").read_text("utf-8")
    connection.execute(f"create temp view {SNAPSHOTS} as {query}")
    return [SNAPSHOTS]


def _write(connection: duckdb.DuckDBPyConnection, tables: list[str], file_format: str, folder: Path) -> None:
    def copy(query: str, path: Path, options: str = FORMATS[file_format]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = number_of(connection, f"copy ({query}) to {quoted(str(path))} ({options})")
        sync(path)
        if number_of(connection, READ.format(table=READERS[path.suffix].format(path=path_text(path)))) != rows:
            raise ExportError(f"{path.name}: can't be read back as it was written")

    for table in tables:
        whole = folder / f"{table}.{file_format}"
        copy(f'from "{table}"', whole)
        columns = {name for name, *_ in connection.execute(f'describe "{table}"').fetchall()}
        day = next((each for each in DAYS if each in columns), None)
        if day is None or whole.stat().st_size <= SPLIT_ABOVE_BYTES:
            continue
        whole.unlink()
        month_of = f"date_trunc('month', {day})"
        for (month,) in connection.execute(f'select distinct {month_of} from "{table}"').fetchall():  # noqa: S608 (our own table)
            rows = f"from \"{table}\" where {month_of} = date '{month}'"
            copy(rows, folder / table / f"month={month:%Y-%m}" / f"{table}.{file_format}")
    if tables != [SNAPSHOTS]:
        copy(DICTIONARY, folder / "columns.csv", FORMATS["csv"])


def _put_in_place(beside: Path, folder: Path) -> list[Path]:
    written = []
    for path in sorted(path for path in beside.rglob("*") if path.is_file()):
        place = folder / path.relative_to(beside)
        place.parent.mkdir(parents=True, exist_ok=True)
        written.append(path.replace(place))
    shutil.rmtree(beside)
    return written

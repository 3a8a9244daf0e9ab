"""Read tables: the neutral snapshot table, and any other by way of an adapter, a query that gives neutral columns."""

from __future__ import annotations

import codecs
import csv
import gzip
import json
import os
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from pathlib import Path

import duckdb

from extractor.engines.duckdb.files import number_of, path_text, quoted
from extractor.errors import ConfigError
from extractor.imports.neutral import COLUMNS, OF_SOURCES, add_rows, columns_of, missing_columns
from extractor.imports.problems import Problems
from extractor.project import HOME, PROJECT

NEUTRAL = "table"
"""The source whose files have neutral columns already."""

FORMATS = {".csv": "csv", ".tsv": "csv", ".parquet": "parquet", ".ndjson": "json", ".jsonl": "json", ".json": "json"}
FILES_AT_ONCE = 200
LINES_WITH_KEYS = 1000
MOST_OF_A_HEADER = 1 << 16
BLOCK = 1 << 20
PATH = "the path of the file"
"""What DuckDB calls the column with the path, which adapters know as `filename`: a file may have such a column too."""
REFUSED = r"""
create or replace temp table refused_here as
select
    file_path,
    line,
    case min(error_type)
        when 'TOO MANY COLUMNS' then max_by(error_message, (length(error_message), error_message))
        else min(error_message)
    end as message,
    max(csv_line) as text
from refused_lines inner join refused_scans using (scan_id, file_id)
group by all;
insert into refused
select
    file_path,
    line,
    row_number() over (partition by file_path order by line),
    list_filter(
        regexp_extract_all(text, 'chart:[0-9A-Za-z_.-]+:[0-9A-Za-z_.-]+|[0-9A-Za-z]+'),
        lambda word: length(word) = 22 or word ^@ 'chart:'
    ),
    list_filter(
        list_transform(
            regexp_extract_all(text, '\d{4}-\d\d-\d\d|\d{8}'),
            lambda word: cast(try_strptime(replace(word, '-', ''), '%Y%m%d') as date)
        ),
        lambda day: day is not null
    ),
    0
from refused_here
"""
NEW_REFUSED = "select file_path, line, message from refused_here order by all"
NOTE = b',,,"Note that these figures'
"""How a line begins that the charts' site put above the header of its older files."""

READERS = {
    # Detecting the dialect looks at the first lines only, which may have no quotes.
    "csv": "read_csv({paths}, auto_detect = false, header = false, delim = {delimiter}, quote = '\"', escape = '\"',"
    " columns = {columns}, filename = {path}, hive_partitioning = false, skip = {skip}, strict_mode = {strict},"
    " compression = {packing},"
    " store_rejects = true, rejects_table = 'refused_lines', rejects_scan = 'refused_scans', rejects_limit = 0)",
    "parquet": "read_parquet({paths}, filename = {path}, hive_partitioning = false)",
    "json": "read_json({paths}, format = 'newline_delimited', filename = {path}, hive_partitioning = false,"
    " ignore_errors = true, compression = {packing}, {columns})",
}
INPUT = """
create temp view input as
select columns(lambda name: lower(name) not in ('filename', {path})), "{path_name}" as filename from {reader}
"""
TOO_LONG = """
select count(*) from read_csv(
    {paths}, auto_detect = false, header = false, delim = {delimiter}, quote = '"', escape = '"',
    columns = {columns}, skip = {skip}, strict_mode = false, ignore_errors = true, hive_partitioning = false,
    compression = {packing}
)
where "one more" is not null
"""
"""Counts the lines with a field more than the header: all others have too few."""


@dataclass(frozen=True)
class Adapter:
    """A query that gives neutral columns from the view `input`; for the neutral table, the view itself."""

    name: str
    query: str


@dataclass(frozen=True)
class _Group:
    """Files of one format with the same columns, which one query can read. `packing` is what DuckDB calls it."""

    paths: tuple[Path, ...]
    format: str
    packing: str
    header: str
    skip: int = 0

    def alone(self) -> list[_Group]:
        """Return the files one by one: one that can't be read makes the query of all fail."""
        return [replace(self, paths=(path,)) for path in self.paths]

    @property
    def delimiter(self) -> str:
        """Return the most frequent of the usual delimiters in the header of a CSV."""
        return max((",", ";", "\t"), key=self.header.count)

    def keys(self) -> list[str]:
        """Return the keys of NDJSON. Raises ConfigError if two are the same but for their case."""
        keys = list(map(str, json.loads(self.header)))
        _check_names(keys)
        return keys

    def names(self) -> list[str]:
        """Return the names of the columns of a CSV. Raises ConfigError if two are the same."""
        names = [name.strip() for name in next(csv.reader([self.header], delimiter=self.delimiter))]
        _check_names(names)
        return [name or f"column {number}" for number, name in enumerate(names, 1)]


def _check_names(names: Sequence[str]) -> None:
    for number, name in enumerate(names):
        if name and name.lower() in (each.lower() for each in names[:number]):
            raise ConfigError(f"has two columns {name}")


def adapters(source: str) -> list[Adapter]:
    """Return the adapters of a source: imports/<source>.sql, and its variants imports/<source>_<variant>.sql."""
    if source == NEUTRAL:
        return [Adapter(NEUTRAL, "from input")]
    found = {path.stem: path for path in _adapter_files() if path.stem == source or path.stem.startswith(f"{source}_")}
    return [Adapter(name, path.read_text("utf-8").strip().rstrip(";")) for name, path in sorted(found.items())]


def adapter_names() -> list[str]:
    """Return the names of all adapters."""
    return sorted({path.stem for path in _adapter_files()})


def _adapter_files() -> Iterator[Path]:
    for folder in dict.fromkeys((PROJECT / "imports", HOME / "imports")):
        yield from sorted(folder.glob("*.sql"))


def read_tables(
    work: duckdb.DuckDBPyConnection, source: str, path: Path, today: date, problems: Problems
) -> Iterator[int]:
    """Add the rows of a file, or of all tables in a folder, to `rows`; yield how many files are done after each part.

    Raises ConfigError if no file has the columns that the source needs.
    """
    files = _files(path)
    understood, reasons = 0, list[str]()
    done = 0
    for group in _groups(files, reasons):
        failed = _failed(work, source, group, today, problems)
        if failed and len(group.paths) > 1:
            failed = [each for part in group.alone() for each in _failed(work, source, part, today, problems)]
        reasons += failed
        understood += len(group.paths) - len(failed)
        done += len(group.paths)
        yield done
    if not understood:
        raise ConfigError("\n".join(reasons[:3]) + f"\n{path}: no table of the source {source}")
    for reason in reasons:
        problems.add(reason)
    work.execute("insert into lost_files select unnest(?)", [reasons])


def _failed(work: duckdb.DuckDBPyConnection, source: str, group: _Group, today: date, problems: Problems) -> list[str]:
    """Add the rows of a group; return what is wrong, for each of its files, if it can't be read."""
    reason = _read_group(work, adapters(source), group, today, problems)
    return [f"{path}: {reason}" for path in group.paths] if reason else []


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = [each for each in sorted(path.rglob("*")) if _format(each) and not _is_hidden(each, path)]
    if not found:
        raise ConfigError(
            f"{path}: holds no table: expected files that end with {', '.join(FORMATS)}, or these with .gz"
        )
    return found


def _is_hidden(path: Path, below: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(below).parts)


def _format(path: Path) -> str | None:
    return FORMATS.get(Path(path.name.removesuffix(".gz")).suffix.lower()) if path.is_file() else None


def _groups(files: Iterable[Path], reasons: list[str]) -> Iterator[_Group]:
    """Yield files with the same header together, because a folder may hold one small file per day."""
    by_header: dict[tuple[str, str, str, int], list[Path]] = {}
    for path in files:
        kind = _format(path)
        try:
            if kind is None:
                raise ConfigError(f"expected a file that ends with {', '.join(FORMATS)}, or these with .gz")
            if not _is_text(path):
                raise ConfigError("its name is not in UTF-8; rename it")
            header, skip = _header(path, kind)
        except (OSError, EOFError, ValueError, zlib.error, ConfigError) as error:
            shown = os.fsencode(path).decode("utf-8", "replace")
            reasons.append(f"{shown}: can't be read as a table: {error}")
            continue
        packing = "gzip" if _is_packed(path) else "uncompressed"
        by_header.setdefault((kind, packing, header, skip), []).append(path)
    for key, paths in by_header.items():
        for start in range(0, len(paths), FILES_AT_ONCE):
            yield _Group(tuple(paths[start : start + FILES_AT_ONCE]), *key)


def _is_packed(path: Path) -> bool:
    return path.name.endswith(".gz")


def _is_text(path: Path) -> bool:
    with suppress(UnicodeEncodeError):
        return bool(str(path).encode())
    return False


def _header(path: Path, kind: str) -> tuple[str, int]:
    """Return what names the columns of a file, and how many lines are above it.

    Files with the same can be read together. Of NDJSON it is the keys of the first lines, as JSON. Raises EOFError or
    another error of gzip if a packed file is not whole.
    """
    if kind == "parquet":
        return str(path), 0
    with gzip.open(path) if _is_packed(path) else path.open("rb") as file:
        start = file.read(MOST_OF_A_HEADER) if kind == "csv" else file.readline(MOST_OF_A_HEADER)
        lines = re.split(rb"\r\n?|\n", start, maxsplit=2)
        skip = int(lines[0].startswith(NOTE))
        text = b"".join(lines[skip : skip + 1]).decode("utf-8-sig").strip()
        if not text:
            raise ValueError("its first line is empty")
        if kind == "json":
            if start.startswith(codecs.BOM_UTF8):
                raise ValueError("it begins with a byte order mark, which JSON must not; save it without")
            first = json.loads(text)
            if not isinstance(first, dict):
                raise ValueError("expected one JSON object a line")
            keys = set(first)
            for line in islice(file, LINES_WITH_KEYS):
                with suppress(ValueError):  # named when its row is read
                    following = json.loads(line)
                    keys.update(following if isinstance(following, dict) else ())
            text, skip = json.dumps(sorted(keys)), 0
        while _is_packed(path) and file.read(BLOCK):  # DuckDB takes a file that is cut off as whole
            pass
    return text, skip


def _read_group(
    work: duckdb.DuckDBPyConnection,
    candidates: Sequence[Adapter],
    group: _Group,
    today: date,
    problems: Problems,
    *,
    strict: bool = True,
) -> str | None:
    """Add the rows of a group by the first adapter that fits its columns; return why none fits, or None."""
    try:
        _open_input(work, candidates, group, strict=strict)
        columns = ", ".join(name for name in columns_of(work, "input") if name != "filename")
        reason = f"has not the columns of {', '.join(each.name for each in candidates)}; it has {columns}"
        for adapter in candidates:
            work.execute("drop view if exists mapped")
            try:
                work.execute(f"create temp view mapped as select * from ({adapter.query}\n)")  # noqa: S608 (the user's own)
            except duckdb.BinderException as error:
                if len(candidates) == 1:
                    reason = f"{adapter.name}: {str(error).splitlines()[0]} It has {columns}"
                continue
            found = columns_of(work, "mapped")
            if missing := missing_columns(found):
                reason = f"{adapter.name} has no column {', '.join(missing)}; it has {', '.join(found)}"
                continue
            _add(work, adapter, found, group, today, problems)
            return None
    except ConfigError as error:
        return str(error)
    except (duckdb.Error, UnicodeDecodeError) as error:
        if strict and group.format == "csv" and isinstance(error, duckdb.InvalidInputException):
            return _read_group(work, candidates, group, today, problems, strict=False)
        return f"can't be read: {str(error).splitlines()[0]}"
    return reason


def _open_input(work: duckdb.DuckDBPyConnection, candidates: Sequence[Adapter], group: _Group, *, strict: bool) -> None:
    """Make the files of a group the view `input`. Raises duckdb.Error or ConfigError if they can't be read.

    The strict reader of CSV names lines with too many fields, but can't read lines that end in different ways.
    """
    columns, delimiter, packing = "auto_detect = true", quoted(group.delimiter), quoted(group.packing)
    paths = "[" + ", ".join(map(path_text, group.paths)) + "]"
    if group.format == "csv":
        names = group.names()
        columns = _as_text(names)
        too_long = TOO_LONG.format(
            paths=paths,
            packing=packing,
            delimiter=delimiter,
            columns=_as_text([*names, "one more"]),
            skip=group.skip + 1,
        )
        if not strict and number_of(work, too_long):
            raise ConfigError("its lines end in different ways, and some have more fields than the header")
    elif group.format == "json" and candidates[0].name == NEUTRAL:
        # The columns would be those of the first rows, which may lack some. The required ones they have.
        keys = group.keys()
        known = {key.lower() for key in keys}
        others = [] if missing_columns(known) else [name for name in COLUMNS if name not in known]
        columns = "columns = " + _as_text([*keys, *others])
    reader = READERS[group.format].format(
        paths=paths,
        packing=packing,
        skip=group.skip + 1,
        columns=columns,
        delimiter=delimiter,
        strict=strict,
        path=quoted(PATH),
    )
    work.execute("drop view if exists mapped; drop view if exists input")
    work.execute("drop table if exists refused_lines; drop table if exists refused_scans")
    work.execute(INPUT.format(path=quoted(PATH), path_name=PATH, reader=reader))


def _as_text(names: Iterable[str]) -> str:
    return "{" + ", ".join(f"{quoted(name)}: 'varchar'" for name in names) + "}"


def _add(
    work: duckdb.DuckDBPyConnection,
    adapter: Adapter,
    found: dict[str, str],
    group: _Group,
    today: date,
    problems: Problems,
) -> None:
    alone = str(group.paths[0]) if len(group.paths) == 1 else adapter.name
    file = "filename" if "filename" in found else quoted(alone)
    found = {name: kind for name, kind in found.items() if name not in OF_SOURCES}
    first = number_of(work, "select count(*) from rows") + 1
    add_rows(work, "mapped", found, today, file, f"{first - 1} + row_number() over ()")
    above = "null" if group.format == "parquet" else str(group.skip + (group.format == "csv"))
    work.execute(
        f"insert into files select file, min(row), {above} from rows where row >= {first} group by file"  # noqa: S608
    )
    if group.format == "csv":
        work.execute(REFUSED)
        for path, line, message in work.execute(NEW_REFUSED).fetchall():
            problems.add(f"{path}:{line}: {str(message).splitlines()[0]}")
        for (path,) in work.execute("select distinct file_path from refused_here").fetchall():
            work.execute("update refused set blank_lines = ? where file = ?", [_blank_lines(Path(path)), path])


def _blank_lines(path: Path) -> int:
    """Return how many lines of a file are blank, or look so: more do no harm."""
    opened = gzip.open if _is_packed(path) else open
    with opened(path, "rt", encoding="latin-1") as file:
        return sum(not line.strip() for line in file)

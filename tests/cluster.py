"""A private PostgreSQL server in a temporary folder, reached through a Unix socket."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

from tests.published import Table, read_table

SERVER_USER = "postgres"
# A collation other than byte order, on which no row may depend. fsync is off to save time.
INITDB = ("-U", SERVER_USER, "-A", "trust", "-E", "UTF8", "--locale-provider=icu", "--icu-locale=en-US", "--no-sync")
OPTIONS = "-c listen_addresses= -c fsync=off -c synchronous_commit=off -c full_page_writes=off"


@dataclass(frozen=True)
class Database:
    """A database of the server."""

    host: str
    name: str

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables with which the project's commands connect to it."""
        return {"PGHOST": self.host, "PGPORT": "5432", "PGUSER": SERVER_USER, "PGDATABASE": self.name}

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Run a statement and commit; return its rows, if any."""
        with closing(self.connect()) as connection, connection, connection.cursor() as cursor:
            cursor.execute(sql, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def published(self, names: Iterable[str]) -> dict[str, Table]:
        """The published schema."""
        with closing(self.connect()) as connection, connection.cursor() as cursor:
            return {name: read_table(cursor, f"spotify.{name}") for name in names}

    def connect(self) -> "psycopg2.extensions.connection":
        return psycopg2.connect(host=self.host, port=5432, user=SERVER_USER, dbname=self.name)


@dataclass(frozen=True)
class Cluster:
    """A running server."""

    folder: Path

    def database(self, name: str, options: str = "") -> Database:
        """Make a new database."""
        with closing(Database(str(self.folder), "postgres").connect()) as connection:
            connection.autocommit = True
            connection.cursor().execute(f'create database "{name}" {options}')
        return Database(str(self.folder), name)


def programs() -> Path | None:
    """Return the folder of the server's programs, which is not in PATH on Debian."""
    found = [Path(each).parent for each in [shutil.which("initdb")] if each]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    return next(iter(found), None)


@contextmanager
def running(bin_folder: Path) -> Iterator[Cluster]:
    """Start a server and stop it at the end. If the tests run as root, the server runs as the user postgres."""
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))  # the path of a socket must be short
    user = SERVER_USER if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)

    def run(*command: str) -> None:
        subprocess.run(command, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL)

    control = (str(bin_folder / "pg_ctl"), "-D", str(folder / "data"), "-w", "-s")
    try:
        run(str(bin_folder / "initdb"), "-D", str(folder / "data"), *INITDB)
        run(*control, "-l", str(folder / "log"), "-o", f"{OPTIONS} -c unix_socket_directories={folder}", "start")
        try:
            yield Cluster(folder)
        finally:
            run(*control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)

"""Connections to the PostgreSQL server, with errors that say what to do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812 (a class, though its name is not one's)

from extractor.errors import WarehouseError

DEFAULTS = {"PGHOST": "localhost", "PGPORT": "5432", "PGUSER": "", "PGDATABASE": "postgres"}
"""The same defaults as in profiles.yml. Without PGUSER, the user is that of the system, as for psql.

The password comes from PGPASSWORD or ~/.pgpass, which libpq reads itself.
"""

SEARCH_PATH = "pg_catalog,pg_temp"
"""Of every session: whoever may create something in schema `public` could otherwise run code as this user."""

ALONE = 5790
"""The advisory lock of loads, builds and publications: a build must not miss a load that happens while it reads."""


def place() -> str:
    """Return the location of the tables for messages: host:port/database."""
    host, port, _, database = _settings()
    return f"{host}:{port}/{database}"


KEEPALIVES = {"idle": 60, "interval": 10, "count": 6}
"""Keepalive settings, in seconds and a count: within two minutes, each side notices that the other is gone."""


@contextmanager
def transaction() -> Iterator[Connection]:
    """Yield a connection in a transaction, committed at the end. Raises WarehouseError, also for errors inside it."""
    with connected() as connection, connection:
        yield connection


@contextmanager
def connected() -> Iterator[Connection]:
    """Yield a connection, and close it. Raises WarehouseError, also for database errors inside the block."""
    host, port, user, database = _settings()
    try:
        with closing(
            psycopg2.connect(_keepalives(), host=host, port=port, user=user, dbname=database, options=_options())
        ) as connection:
            _check_encoding(connection)
            yield connection
    except psycopg2.Error as error:
        told = f"PostgreSQL at {place()}: {' '.join(str(error).split())}"
        if isinstance(error, psycopg2.OperationalError):
            told += (
                ". Is that the server of PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE? Run the same command again"
            )
        raise WarehouseError(told + "; nothing is lost") from error


def _check_encoding(connection: Connection) -> None:
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise WarehouseError(
            f"PostgreSQL at {place()}: its encoding is {encoding}, which can't store all titles; create a database "
            "with `create database spotify encoding 'UTF8' template template0` and name it in PGDATABASE"
        )


def _options() -> str:
    """Return the settings of a session on the server: times are UTC; TCP keepalive for this machine."""
    settings = ["-c timezone=UTC", f"-c search_path={SEARCH_PATH}"]
    return " ".join([*settings, *(f"-c tcp_keepalives_{name}={value}" for name, value in KEEPALIVES.items())])


def _keepalives() -> str:
    """Return the keepalive settings of this side, as libpq's parameters."""
    return " ".join(f"keepalives_{name}={value}" for name, value in KEEPALIVES.items())


def _settings() -> tuple[str, ...]:
    host, port, user, database = (os.environ.get(name) or default for name, default in DEFAULTS.items())
    return host, port, user or os.environ.get("USER", ""), database

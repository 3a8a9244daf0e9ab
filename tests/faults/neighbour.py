"""An analyst who misuses the published file.

python -m tests.faults.neighbour ACTION DATABASE prints when the action has begun, and ends it when its input ends.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb

EDIT = (
    "insert into tracks_in_playlist (n) values (1000); delete from playlists; create table main.mine as select 1 as x"
)


def edit(database: Path) -> Iterator[None]:
    """Change rows, and close the file."""
    with _writing(database) as connection:
        connection.execute(EDIT)
    yield


def hold(database: Path) -> Iterator[None]:
    """Change rows in a transaction that is open while a day runs, and commit it afterwards."""
    with _writing(database) as connection:
        connection.begin()
        connection.execute(EDIT)
        yield
        connection.commit()


def write_on(database: Path) -> Iterator[None]:
    """Keep the file open while a day runs, and change rows only afterwards."""
    with _writing(database) as connection:
        yield
        connection.execute(EDIT)
        yield


def die(database: Path) -> Iterator[None]:
    """Change rows and be killed: the commit remains in a write-ahead log beside the file."""
    connection = _writing(database)
    connection.execute(EDIT)
    print("begun", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
    yield


def die_meanwhile(database: Path) -> Iterator[None]:
    """Change rows before a day runs, then be killed."""
    connection = _writing(database)
    connection.execute(EDIT)
    yield
    os.kill(os.getpid(), signal.SIGKILL)


def die_later(database: Path) -> Iterator[None]:
    """Keep the file open while a day runs, change rows, and be killed."""
    connection = _writing(database)
    yield
    connection.execute(EDIT)
    os.kill(os.getpid(), signal.SIGKILL)


def replace(database: Path) -> Iterator[None]:
    """Replace the file by another database."""
    other = database.with_name("other.duckdb")
    with duckdb.connect(str(other)) as connection:
        connection.execute("create table tracks_in_playlist as select 1000 as n")
    other.replace(database)
    yield


def truncate(database: Path) -> Iterator[None]:
    """Truncate the file."""
    os.truncate(database, 100_000)
    yield


def remove(database: Path) -> Iterator[None]:
    """Remove the file."""
    database.unlink()
    yield


def read(database: Path) -> Iterator[None]:
    """Read continuously."""
    with duckdb.connect(str(database), read_only=True) as connection:
        yield
        connection.execute("from tracks_in_playlist").fetchall()


def _writing(database: Path) -> duckdb.DuckDBPyConnection:
    database.chmod(0o666)
    return duckdb.connect(str(database))


ACTIONS: dict[str, Callable[[Path], Iterator[None]]] = {
    each.__name__: each
    for each in (edit, hold, write_on, die, die_meanwhile, die_later, replace, truncate, remove, read)
}


def main(action: str, database: str) -> None:
    """Do it."""
    for _ in ACTIONS[action](Path(database)):
        print("begun", flush=True)
        sys.stdin.readline()


if __name__ == "__main__":
    main(*sys.argv[1:])

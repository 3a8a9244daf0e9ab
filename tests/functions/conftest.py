"""Fixtures: a published history of 116 days with gaps, in a file of DuckDB and on a server of PostgreSQL."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from extractor.engines.postgres.publish import define_functions
from extractor.simulator.generated import GeneratedWorld
from extractor.simulator.server import Simulator
from tests.cluster import Cluster, Database
from tests.functions.published import Published
from tests.pipeline.harness import Project

Ask = Callable[..., list[tuple[Any, ...]]]

WORLD = """
shape: items
seed: long
first_day: 2026-01-01
days: 116
tracks: 260
playlists:
  morning: {name: Morning Ferry, label: first, size: 30, churn: 0.06, returns: 0.4, pool: [0, 90]}
  evening: {name: Evening Ferry, label: second, size: 25, churn: 0.08, returns: 0.3, pool: [40, 140]}
  editorial:
    name: Fresh Harbour
    owner: spotify
    size: 40
    churn: 0.15
    returns: 0.1
    pool: [60, 240]
    claims_rewritten: true
  outage:
    name: North Pier
    size: 20
    churn: 0.05
    returns: 0.5
    pool: [20, 70]
    events: {2026-02-20: {status: 404}, 2026-02-21: {status: 404}, 2026-02-22: {status: 404}}
  masked: {name: Same Name, label: third, size: 15, churn: 0.05, pool: [0, 50], events: {2026-03-05: {nulls: 2}}}
  quiet: {name: Same Name, label: fourth, size: 12, churn: 0.0, pool: [200, 230]}
  emptied: {name: Spring Tide, size: 10, churn: 0.05, pool: [100, 130], events: {2026-03-20: {emptied: true}}}
"""
NOT_RUN = (40, 41, 42, 43, 90)
"""Days, by number from 0, on which nothing ran."""


@contextmanager
def long_project(folder: Path) -> Iterator[Project]:
    """Publish the history in a folder."""
    world = GeneratedWorld.from_text(WORLD)
    with Simulator(world) as simulator:
        project = Project(folder, simulator)
        project.watch(world.playlist_ids)
        project.configure()
        for number in range(116):
            if number not in NOT_RUN:
                project.extract(world.days[0] + timedelta(number))
        project.publish()
        yield project


@pytest.fixture(scope="session")
def long_history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Return a project that has published the history."""
    with long_project(tmp_path_factory.mktemp("long")) as project:
        yield project


@pytest.fixture(scope="session")
def published(long_history: Project) -> Published:
    """Return the rows of the published tables."""
    return Published.of(long_history.database)


@pytest.fixture(scope="session")
def on_server(long_history: Project, cluster: Cluster) -> Database:
    """Return a database with the same tables in schema `spotify`, and the functions."""
    database = cluster.database("functions")
    copy_marts(long_history.database, database)
    return database


@pytest.fixture(params=["duckdb", "postgres"])
def ask(request: pytest.FixtureRequest, long_history: Project) -> Iterator[Ask]:
    """Return a function that runs a query of the file or, with `?` as the sign of a parameter, of the server."""
    with ExitStack() as stack:
        if request.param == "duckdb":
            connection = stack.enter_context(duckdb.connect(str(long_history.database), read_only=True))
            yield lambda sql, *parameters: connection.execute(sql, parameters).fetchall()
        else:
            yield asking(stack, request.getfixturevalue("on_server"))


def asking(stack: ExitStack, database: Database) -> Ask:
    """Return a function that runs queries on a server, written as for DuckDB."""
    connection = stack.enter_context(closing(database.connect()))
    connection.autocommit = True
    cursor = stack.enter_context(connection.cursor())
    cursor.execute("set search_path to spotify")

    def ask(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        words = sql.replace("?", "%s")
        cursor.execute(f"select * {words}" if words.startswith("from ") else words, parameters or None)
        return list(cursor.fetchall())

    return ask


def copy_marts(file: Path, database: Database) -> None:
    """Copy the tables of a published file to schema `spotify` of a database, and define the functions there."""
    with ExitStack() as stack:
        source = stack.enter_context(duckdb.connect(str(file), read_only=True))
        target = stack.enter_context(closing(database.connect()))
        cursor = stack.enter_context(target.cursor())
        cursor.execute("create schema spotify")
        tables = "select distinct table_name from information_schema.columns where table_schema = 'main'"
        for (table,) in source.execute(tables).fetchall():
            described = source.execute(f"describe main.{table}").fetchall()
            types = ", ".join(f'"{name}" {"double precision" if of == "DOUBLE" else of}' for name, of, *_ in described)
            cursor.execute(f"create table spotify.{table} ({types})")
            rows = source.execute(f"from main.{table}").fetchall()
            if rows:
                row = cursor.mogrify(f"({', '.join(['%s'] * len(described))})", rows[0])
                assert row
                values = b", ".join(cursor.mogrify(f"({', '.join(['%s'] * len(described))})", each) for each in rows)
                cursor.execute(f"insert into spotify.{table} values ".encode() + values)
            cursor.execute(f"analyze spotify.{table}")
        define_functions(cursor)
        target.commit()

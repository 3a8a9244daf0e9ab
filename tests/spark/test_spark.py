"""Spark has the rows that DuckDB has, also where a build brings late files and the rest of a torn one."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import pytest
from dbt.cli.main import dbtRunner

from extractor import transform
from tests.conformance.notation import read_folder
from tests.conformance.runs import runs_of
from tests.conformance.ways import Marts, Store, at_once
from tests.conformance.writing import write
from tests.pipeline.harness import MARTS

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("default")]  # what Spark and dbt do is not ours

HISTORIES = Path(__file__).parent.parent / "conformance" / "histories"
JAVA = shutil.which("java") or os.environ.get("JAVA_HOME")


@dataclass(frozen=True)
class Engines:
    """What is published by each engine of the same landing files."""

    duckdb: Marts
    spark: Marts
    store: Store


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    if not JAVA:
        (pytest.fail if "CI" in os.environ else pytest.skip)("Spark needs Java 17 or 21: install one")
    folder = tmp_path_factory.mktemp("spark")
    files = [write(run, folder / "source") for run in runs_of(read_folder(HISTORIES))]
    expected = at_once(Store(folder / "source", folder / "duckdb"), files)
    shuffled = Random("Spark").sample(files, len(files))
    torn, *first = shuffled[: len(files) // 2]
    store = Store(folder / "source", folder / "spark", target="spark")
    with dbt_in_this_process():
        store.receive(first)
        store.receive_half(torn)
        store.run("load", "build")
        store.receive(files)
        store.run("load", "load", "build", "publish")
        yield Engines(expected, store.marts(), store)


@contextmanager
def dbt_in_this_process() -> Iterator[None]:
    """Run dbt where we are: the Spark of the first run goes on, instead of a new one for each."""

    def run(command: Sequence[str], env: Mapping[str, str], cwd: Path, **_: Any) -> "subprocess.CompletedProcess[str]":
        with patch.dict(os.environ, env), chdir(cwd):
            succeeded = dbtRunner().invoke(list(command[1:])).success
        return subprocess.CompletedProcess(command, 0 if succeeded else 1)

    with patch.object(transform, "subprocess") as replaced:
        replaced.run = run
        yield


@pytest.mark.parametrize("mart", MARTS)
def test_spark_has_the_rows_of_duckdb(engines: Engines, mart: str) -> None:
    assert engines.spark[mart] == engines.duckdb[mart]

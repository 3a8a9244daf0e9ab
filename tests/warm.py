"""Imports of the process that tests fork: the commands, and a dbt with its first-use compilation done."""

import gc
import importlib
from tempfile import TemporaryDirectory

from dbt.cli.main import dbtRunner

from extractor.project import PROJECT

for module in ("dbt.adapters.duckdb", "extractor.cli.commands", "tests.forked"):
    importlib.import_module(module)
with TemporaryDirectory() as folder:
    # dbt's other parser starts threads, which forked processes would not have but wait for
    how = ["--quiet", "--no-static-parser", "--log-path", folder]
    places = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", folder]
    parsed = dbtRunner().invoke([*how, "parse", *places])
    assert parsed.success, parsed.exception
gc.collect()
gc.freeze()  # these objects live forever: exclude them from garbage collection

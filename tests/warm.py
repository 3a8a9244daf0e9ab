"""What tests fork has this imported: the commands, and a dbt that has compiled for itself what it compiles at first."""

import gc
import importlib
from tempfile import TemporaryDirectory

from dbt.cli.main import dbtRunner

from extractor.project import PROJECT

for module in ("dbt.adapters.duckdb", "extractor.cli.commands", "tests.forked"):
    importlib.import_module(module)
with TemporaryDirectory() as folder:
    # dbt's other parser starts threads, which those who are forked would lack, and wait for
    how = ["--quiet", "--no-static-parser", "--log-path", folder]
    places = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", folder]
    parsed = dbtRunner().invoke([*how, "parse", *places])
    assert parsed.success, parsed.exception
gc.collect()
gc.freeze()  # what is here stays: nobody needs to look through it again

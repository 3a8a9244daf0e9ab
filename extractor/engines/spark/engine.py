"""The Spark engine: it reads the landing files in place, and analysts read the Parquet files that it writes."""

from __future__ import annotations

import pyspark  # noqa: F401 (fail now if it is not installed, not at the end of a load)

from extractor.engines.base import Target
from extractor.engines.spark.build import build
from extractor.engines.spark.load import load
from extractor.engines.spark.publish import is_published, publish

TARGET = Target(load, build, publish, is_published)

"""Spark as the engine: it reads the landing files where they are, and analysts read the Parquet files it writes."""

from __future__ import annotations

import pyspark  # noqa: F401 (whether it is installed is told now, not at the end of a load)

from extractor.engines.base import Target
from extractor.engines.published import PublishedReport
from extractor.engines.spark.build import build
from extractor.engines.spark.load import load
from extractor.engines.spark.publish import is_published, publish

TARGET = Target(
    load=load,
    build=build,
    publish=publish,
    report=lambda config: PublishedReport.of(config.database),
    is_published=is_published,
)

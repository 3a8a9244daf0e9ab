"""The DuckDB engine: one file for raw, one for the warehouse, one that analysts open."""

from __future__ import annotations

from extractor.engines.base import Target
from extractor.engines.duckdb.build import build
from extractor.engines.duckdb.load import load
from extractor.engines.duckdb.publish import is_published, publish

TARGET = Target(load, build, publish, is_published)

"""The PostgreSQL engine: several machines can load, and readers always see one complete published state."""

from __future__ import annotations

from extractor.engines.base import Target
from extractor.engines.postgres.build import build
from extractor.engines.postgres.load import load
from extractor.engines.postgres.publish import is_published, publish
from extractor.engines.postgres.report import reading, report

TARGET = Target(load, build, publish, is_published, report, reading)

"""PostgreSQL as the engine: many may load at once, and readers see one published state after the other."""

from __future__ import annotations

from extractor.postgres.build import build
from extractor.postgres.load import load
from extractor.postgres.publish import is_published, publish
from extractor.postgres.report import report
from extractor.targets import Target

TARGET = Target(load, build, publish, report, is_published)

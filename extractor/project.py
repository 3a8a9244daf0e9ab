"""Where the dbt project and the published functions are: around the package in a checkout, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
PROJECT = PACKAGE / "project" if (PACKAGE / "project").is_dir() else PACKAGE.parent

"""Where the project's files are: around the package in a checkout, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent

IS_CHECKOUT = not (PACKAGE / "project").is_dir()

PROJECT = PACKAGE.parent if IS_CHECKOUT else PACKAGE / "project"
"""The dbt project, and the published functions."""

HOME = PACKAGE.parent if IS_CHECKOUT else Path.cwd()
"""Where config.yaml and data/ are unless an option says otherwise: the checkout, or the working folder of a wheel."""

PROGRAM = "./run.sh" if IS_CHECKOUT else "spotify-track-history"
"""How the command line is called, in help and messages."""

DEMO = HOME / "data" / "demo"

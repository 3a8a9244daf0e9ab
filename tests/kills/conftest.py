"""Fixtures shared with the pipeline's tests."""

from tests.pipeline.conftest import make_project, make_shared_project

__all__ = ["make_project", "make_shared_project"]

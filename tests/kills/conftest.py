"""The fixtures of the pipeline's tests that these need too."""

from tests.pipeline.conftest import make_project, make_shared_project

__all__ = ["make_project", "make_shared_project"]

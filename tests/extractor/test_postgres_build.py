"""While dbt builds on a server nobody loads, and what it made is published only if it passed."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from extractor.config import Config
from extractor.errors import BuildError
from extractor.postgres import TARGET
from extractor.postgres.build import has_passed
from extractor.postgres.server import ALONE, transaction
from extractor.transform import BuildOptions, Built
from tests.cluster import Database
from tests.extractor.killing import PROJECT

CONFIG = Config(target="postgres")
MODULE = sys.modules["extractor.postgres.build"]
Dbt = Callable[[Config, BuildOptions], Built]


@pytest.fixture
def is_free(server: Database) -> Callable[[], bool]:
    """Return whether somebody else could load now."""
    return lambda: server.rows("select pg_try_advisory_lock(%s)", ALONE) == [(True,)]


def passed() -> bool:
    with transaction() as connection, connection.cursor() as cursor:
        return has_passed(cursor)


def test_nobody_loads_while_dbt_builds(is_free: Callable[[], bool], monkeypatch: pytest.MonkeyPatch) -> None:
    def dbt(*_: object) -> Built:
        assert not is_free()
        return Built(1, 1, 0, 1.0)

    monkeypatch.setattr(MODULE, "dbt_build", dbt)
    assert TARGET.build(CONFIG, BuildOptions()).models == 1
    assert is_free()
    assert passed()


def test_a_build_that_fails_after_one_that_passed_has_not_passed(
    is_free: Callable[[], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MODULE, "dbt_build", lambda *_: Built(1, 1, 0, 1.0))
    TARGET.build(CONFIG, BuildOptions())

    def fail(*_: object) -> Built:
        raise BuildError("a test")

    monkeypatch.setattr(MODULE, "dbt_build", fail)
    with pytest.raises(BuildError):
        TARGET.build(CONFIG, BuildOptions())
    assert is_free()
    assert not passed()


# Ends itself as a kill does, once it has started what stands for dbt.
KILLED = """
import os, signal, subprocess, sys
import extractor.postgres
from extractor.config import Config
from extractor.transform import BuildOptions

def dbt(*_):
    dbt = subprocess.Popen(["sleep", "60"], close_fds=False, stdout=subprocess.DEVNULL)
    print(dbt.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

sys.modules["extractor.postgres.build"].dbt_build = dbt
extractor.postgres.TARGET.build(Config(), BuildOptions())
"""


def test_a_dbt_that_outlives_its_run_keeps_others_out(is_free: Callable[[], bool]) -> None:
    run = subprocess.run([sys.executable, "-c", KILLED], cwd=PROJECT, stdout=subprocess.PIPE, text=True, check=False)
    assert run.returncode == -signal.SIGKILL
    assert not is_free()
    os.kill(int(run.stdout), signal.SIGTERM)
    assert any(is_free() for _ in range(100)), "the server does not see at once that nobody is there any more"

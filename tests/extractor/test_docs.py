"""The documentation page: replaced atomically, or kept."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.extractor.conftest import Run, told

pytestmark = pytest.mark.usefixtures("fake_dbt")


def test_docs_default_to_docs_html_beside_the_database(
    run: Callable[..., Run], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = run()
    assert command("docs") == 0
    assert (tmp_path / "data" / "docs.html").read_text() == "a page\n"
    assert command("docs", "--into", str(tmp_path / "pages" / "tables.html")) == 0
    assert (tmp_path / "pages" / "tables.html").exists()
    assert f"wrote {tmp_path}/pages/tables.html" in capsys.readouterr().out


def test_failed_docs_keep_the_existing_page(
    run: Callable[..., Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "page.html").write_text("as it was")
    monkeypatch.setenv("FAKE_EXIT", "1")
    assert run()("docs", "--into", str(tmp_path / "page.html")) == 1
    assert "page.html is unchanged" in told(capsys)
    assert (tmp_path / "page.html").read_text() == "as it was"

"""The notebook and the SQLite copy of examples/, on the demo's file."""

import json
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from tests.conftest import Demo
from tests.pipeline.harness import REPO

pytestmark = pytest.mark.slow

EXAMPLES = REPO / "examples"
NOTEBOOK = EXAMPLES / "notebook.ipynb"
QUESTION = re.compile(r"## (\d+)\. .*\?$", re.MULTILINE)
MIN_COLORED_PIXELS = 300
"""A line or a few points. Frames, ticks and text are black or grey."""


@pytest.fixture(scope="module")
def cells() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    return found


def colored_pixels(figure: Figure) -> list[int]:
    """Return the number of pixels in color of each plot of a figure, without legends and color bars."""
    for legend in [*figure.legends, *(axes.get_legend() for axes in figure.axes)]:
        if legend:
            legend.remove()
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    pixels = pixels[::-1, :, :3].astype(int)  # from the bottom up, as extents are
    is_colored = pixels.max(axis=2) - pixels.min(axis=2) > 60
    found = []
    for axes in figure.axes:
        if axes.get_label() != "<colorbar>":
            left, bottom, right, top = map(int, axes.get_window_extent().extents)
            found.append(int(is_colored[bottom:top, left:right].sum()))
    return found


def test_every_question_of_the_notebook_draws_its_answer(
    demo: Demo, cells: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[list[int]] = []

    def show() -> None:
        drawn.extend(colored_pixels(plt.figure(number)) for number in plt.get_fignums())
        plt.close("all")

    monkeypatch.chdir(EXAMPLES)  # as Jupyter does
    monkeypatch.setenv("SPOTIFY_DATABASE", str(demo.database))
    monkeypatch.setattr(plt, "show", show)
    mpl.use("agg")
    names: dict[str, Any] = {}
    question = None
    with mpl.rc_context():
        for cell in cells:
            source = "".join(cell["source"])
            if cell["cell_type"] == "markdown":
                question = QUESTION.search(source)
                continue
            drawn.clear()
            exec(compile(source, f"{NOTEBOOK.name}: {cell['id']}", "exec"), names)  # noqa: S102, our own notebook
            assert plt.get_fignums() == [], f"cell {cell['id']} does not show its figure"
            if question:
                assert len(drawn) == 1, f"cell {cell['id']}"
                assert min(drawn[0]) >= MIN_COLORED_PIXELS, f"cell {cell['id']} draws nothing: {drawn[0]}"
    names["database"].close()


def test_notebook_has_ten_questions_and_no_outputs(cells: list[dict[str, Any]]) -> None:
    text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    assert QUESTION.findall(text) == [str(number) for number in range(1, 11)]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert [cell["id"] for cell in code if cell["outputs"] or cell["execution_count"]] == []


def test_notebook_opens_the_demo_by_default(
    demo: Demo, cells: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "examples").mkdir()
    (tmp_path / "data" / "demo").symlink_to(demo.folder)
    monkeypatch.chdir(tmp_path / "examples")
    monkeypatch.delenv("SPOTIFY_DATABASE", raising=False)
    [source] = ["".join(cell["source"]) for cell in cells if cell["id"] == "file"]
    names: dict[str, Any] = {}
    exec(compile(source, NOTEBOOK.name, "exec"), names)  # noqa: S102, our own notebook
    with names["database"] as database:
        assert database.execute("from playlists").fetchall()


def test_sqlite_copy_has_the_rows_and_descriptions_of_every_table(demo: Demo, tmp_path: Path) -> None:
    copy = tmp_path / "playlists.db"
    command = [sys.executable, str(EXAMPLES / "datasette" / "to_sqlite.py"), str(demo.database), str(copy)]
    subprocess.run(command, check=True)
    subprocess.run(command, check=True)  # replaces the file
    tables = json.loads(copy.with_suffix(".json").read_text(encoding="utf-8"))["databases"]["playlists"]["tables"]
    assert len(tables) > 12
    with (
        duckdb.connect(str(demo.database), read_only=True) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        for table, described in tables.items():
            order = ", ".join(f'"{name}"' for name in described["columns"])
            query = f'select {order} from "{table}" order by {order}'
            expected = source.execute(query.replace("order by", "order by all --")).fetchall()
            found = target.execute(query).fetchall()
            assert sorted(map(as_text, found)) == sorted(map(as_text, expected)), table
            assert described["description"]
            assert all(described["columns"].values()), table


def as_text(row: tuple[Any, ...]) -> list[str]:
    """Return a row in the form that both databases can show."""
    return [str(float(value)) if isinstance(value, bool | int | float) else str(value) for value in row]

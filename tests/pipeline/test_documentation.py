"""What the project says about itself, where it is read: in the page of docs, in the published file, in the README."""

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from tests.pipeline.conftest import Demo
from tests.pipeline.harness import REPO

CONTRACTS = REPO / "models" / "marts" / "_marts__models.yml"
ANALYSES = sorted(path.name for path in (REPO / "analyses").glob("*.sql"))
LOADED_BY_A_BROWSER = re.compile(rb"""<(?:script|img|iframe)[^>]*\ssrc=["']?[^"'$ >]+|<link[^>]*\shref=["']?https?:""")


@dataclass(frozen=True)
class Documented:
    """The page that ./run.sh docs wrote about the demo, and what dbt made it from."""

    page: bytes
    folder: Path

    def artifact(self, name: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.folder / f"{name}.json").read_bytes())
        return content


@pytest.fixture(scope="module")
def documented(demo: Demo) -> Documented:
    command = [str(REPO / "run.sh"), "docs", "--config", str(demo.folder / "config.yaml")]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return Documented((demo.folder / "docs.html").read_bytes(), demo.folder / "dbt-docs")


@pytest.fixture(scope="module")
def marts() -> dict[str, dict[str, str]]:
    """Return the columns of each mart with their types, as the contracts have them."""
    models = yaml.safe_load(CONTRACTS.read_text(encoding="utf-8"))["models"]
    return {model["name"]: {column["name"]: column["data_type"] for column in model["columns"]} for model in models}


def test_the_page_is_one_file_that_loads_nothing_else(documented: Documented) -> None:
    assert documented.page.startswith(b"<!doctype html>")
    assert not LOADED_BY_A_BROWSER.findall(documented.page)
    for told in (b"model.spotify.tracks_in_playlist", b"exposure.spotify.report", b"analysis.spotify.stays_of_a_track"):
        assert told in documented.page


def test_docs_do_not_keep_a_build_from_being_published(documented: Documented, demo: Demo) -> None:
    assert documented.page
    command = [str(REPO / "run.sh"), "publish", "--config", str(demo.folder / "config.yaml")]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("kind", ["nodes", "sources"])
def test_every_table_that_dbt_knows_says_what_it_is(documented: Documented, kind: str) -> None:
    known = documented.artifact("manifest")[kind]
    tables = documented.artifact("catalog")[kind]
    assert tables
    for name, table in tables.items():
        assert known[name]["description"], name
        if kind == "sources" or known[name]["original_file_path"].startswith("models/marts"):
            described = {column for column, about in known[name]["columns"].items() if about["description"]}
            assert described == set(table["columns"]), name


def test_the_published_file_says_what_every_table_column_and_macro_is(demo: Demo) -> None:
    with duckdb.connect(str(demo.database), read_only=True) as connection:
        said = connection.execute(
            "select table_name, comment from duckdb_tables() where schema_name = 'main' union all "
            "select view_name, comment from duckdb_views() where schema_name = 'main' and not internal union all "
            "select table_name || '.' || column_name, comment from duckdb_columns() "
            "where schema_name = 'main' and not internal union all "
            "select function_name, comment from duckdb_functions() where not internal"
        ).fetchall()
    assert len(said) > 90
    assert [name for name, comment in said if not comment] == []


@pytest.mark.parametrize("analysis", ANALYSES)
def test_every_analysis_runs_on_the_published_file_and_finds_something(
    documented: Documented, demo: Demo, analysis: str
) -> None:
    query = (documented.folder / "compiled" / "spotify" / "analyses" / analysis).read_text(encoding="utf-8")
    with duckdb.connect(str(demo.database), read_only=True) as connection:
        assert connection.execute(query).fetchall()


def test_whatever_the_pages_link_to_is_there() -> None:
    for page in (REPO / "README.md", *(REPO / "docs").glob("*.md")):
        links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
        assert links or page.parent == REPO / "docs"
        assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_diagram_of_the_marts_is_what_their_contracts_say(marts: dict[str, dict[str, str]]) -> None:
    diagram = mermaid("erDiagram")
    drawn = {
        table: dict(reversed(line.split()[:2]) for line in columns.strip().splitlines())
        for table, columns in re.findall(r"^ +(\w+) \{\n(.*?)^ +\}", diagram, re.DOTALL | re.MULTILINE)
    }
    assert drawn.keys() == marts.keys()
    relations = re.findall(r"^ +(\w+) \S*--\S* (\w+) : (\w+)$", diagram, re.MULTILINE)
    assert marts.keys() == {table for left, right, _ in relations for table in (left, right)}
    for table, columns in drawn.items():
        assert columns.items() <= marts[table].items(), table
    for left, right, column in relations:
        assert column in marts[left], (left, column)
        assert column in marts[right], (right, column)


def test_every_arrow_of_the_lineage_is_a_dependency_and_every_mart_is_in_it(
    documented: Documented, marts: dict[str, dict[str, str]]
) -> None:
    parents: dict[str, list[str]] = documented.artifact("manifest")["parent_map"]
    arrows = re.findall(r"^ +(\w+).* --> (\w+)$", mermaid("flowchart"), re.MULTILINE)
    assert marts.keys() <= {child for _, child in arrows}
    for parent, child in arrows:
        assert node(parent) in ancestors(parents, node(child)), (parent, child)


def node(drawn: str) -> str:
    """Return dbt's name of what a diagram calls by its own, or by raw_ and the name of an endpoint."""
    return f"source.spotify.raw.{drawn[4:]}" if drawn.startswith("raw_") else f"model.spotify.{drawn}"


def ancestors(parents: dict[str, list[str]], child: str) -> set[str]:
    found = set(parents[child])
    return found.union(*(ancestors(parents, parent) for parent in found))


def mermaid(kind: str) -> str:
    """Return the README's diagram of a kind."""
    [diagram] = re.findall(rf"```mermaid\n({kind}.*?)```", (REPO / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    return str(diagram)

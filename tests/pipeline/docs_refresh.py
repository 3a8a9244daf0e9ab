"""Rewrite what is generated in the documentation: `python -m tests.pipeline.docs_refresh data/demo/spotify.duckdb`.

The text block below a SQL block becomes the query's answer, as the published file of the demo gives it; the tables of
docs/data-model.md become those of the contracts.
"""

import re
import sys
from pathlib import Path

import duckdb

from tests.pipeline.docs_pages import DATA_MODEL, GENERATED, PAGES, answer, tables_of_marts

WITH_OUTPUT = re.compile(r"(^```sql\n((?:(?!```).*\n)*)```\n\n)```text\n(?:(?!```).*\n)*```$", re.MULTILINE)


def main(database: Path) -> None:
    """Rewrite every page that is no longer up to date."""
    with duckdb.connect(str(database), read_only=True) as connection:
        for page in PAGES:
            before = page.read_text(encoding="utf-8")
            after = WITH_OUTPUT.sub(lambda found: f"{found[1]}```text\n{answer(connection, found[2])}```", before)
            if page == DATA_MODEL:
                after = GENERATED.sub(lambda found: found[1] + tables_of_marts() + found[3], after)
            if after != before:
                page.write_text(after, encoding="utf-8")
                print(page)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""Rewrite the generated parts of the documentation: `python -m tests.pipeline.docs_refresh data/demo/spotify.duckdb`.

Each text block below a SQL block is replaced by the query's result on the published file of the demo; the tables of
docs/data-model.md by those of the contracts.
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

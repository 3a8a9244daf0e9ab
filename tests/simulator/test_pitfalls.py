"""The table of pitfalls in the README names existing tests."""

import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"\| `(\S+)::(\w+)` \|")


def test_every_pitfall_names_an_existing_test() -> None:
    named = NAMED.findall((PROJECT / "extractor" / "simulator" / "README.md").read_text("utf-8"))
    assert len(named) > 20
    for file, name in named:
        text = (PROJECT / ("models" if file.endswith(".yml") else "tests") / file).read_text("utf-8")
        assert f"def {name}(" in text or f"- name: {name}\n" in text, f"{file}::{name}"

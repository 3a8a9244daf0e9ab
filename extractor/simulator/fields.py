"""The `fields` parameter: `name,items(added_at,item(id))` selects the named fields. `!` is not supported."""

import re
from typing import Any

Fields = dict[str, "Fields | None"]


class FieldsError(ValueError):
    """The parameter can't be parsed."""


def pick_fields(value: Any, fields: str) -> Any:
    """Return the parts of a JSON value that `fields` names; missing ones are ignored."""
    tokens = re.findall(r"[(),]|[^(),]+", fields)
    tree = _parse(tokens)
    if tokens:
        raise FieldsError(f"unbalanced at {tokens[0]!r}")
    return _keep(value, tree)


def _parse(tokens: list[str]) -> Fields:
    tree: Fields = {}
    while tokens and tokens[0] != ")":
        name = tokens.pop(0).strip()
        if not re.fullmatch(r"\w+", name):
            raise FieldsError(f"unexpected {name!r}")
        tree[name] = None
        if tokens and tokens[0] == "(":
            tokens.pop(0)
            tree[name] = _parse(tokens)
            if not tokens:
                raise FieldsError("unbalanced at the end")
            tokens.pop(0)
        if tokens and tokens[0] == ",":
            tokens.pop(0)
    return tree


def _keep(value: Any, tree: Fields | None) -> Any:
    if tree is None:
        return value
    if isinstance(value, list):
        return [_keep(element, tree) for element in value]
    if isinstance(value, dict):
        return {name: _keep(value[name], inner) for name, inner in tree.items() if name in value}
    return value

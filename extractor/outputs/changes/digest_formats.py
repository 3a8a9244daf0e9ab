"""Format a digest for mail: as Markdown, or as an HTML page with inline styles that loads nothing."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from extractor.errors import counted, visible
from extractor.outputs.changes.digest import Digest, Entry, Part
from extractor.outputs.changes.formats import linked, marked
from extractor.outputs.changes.words import between

LENGTH = 200
"""Characters of a name or of what is said of it; Spotify limits neither."""

# Colours that can be read on a white and on a black page: mail programs darken a page in different ways.
PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>{title}</title>
</head>
<body style="margin: 0; padding: 16px; font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', Arial, sans-serif">
<div style="max-width: 640px; margin: 0 auto; overflow-wrap: anywhere">
<h1 style="font-size: 22px; line-height: 1.25; margin: 8px 0">{heading}</h1>
<p style="margin: 0 0 16px; opacity: 0.75">{period}</p>
{parts}
</div>
</body>
</html>
"""
PART = """\
<h2 style="font-size: 17px; margin: 24px 0 4px; border-bottom: 1px solid #8888; padding-bottom: 4px">{title}</h2>
{note}<ul style="margin: 8px 0; padding-left: 20px">
{entries}
</ul>
"""
NOTE = '<p style="margin: 4px 0; font-size: 14px; opacity: 0.75">{}</p>\n'
LINK = '<a href="{}" style="color: inherit">{}</a>'
NAME = "<bdi>{}</bdi>"
"""A name that runs from right to left must not turn the numbers beside it."""


def as_markdown(digest: Digest) -> str:
    """Return a digest as headings and lists with links to Spotify."""
    lines = [f"# {_heading(digest)}", "", _period(digest)]
    for part in digest.parts:
        lines += ["", f"## {part.title}", *(["", part.note] if part.note else []), ""]
        lines += [f"- {_in_markdown(entry)}" for entry in part.entries] or ["- none"]
        lines += [f"- … and {_more(part)}"] if _more(part) else []
    return "\n".join(lines) + "\n"


def as_html(digest: Digest) -> str:
    """Return a digest as one HTML page."""
    parts = []
    for part in digest.parts:
        entries = [_in_html(entry) for entry in part.entries] or ["none"]
        entries += [f"… and {_more(part)}"] if _more(part) else []
        items = "\n".join(f"<li>{entry}</li>" for entry in entries)
        parts.append(PART.format(title=part.title, note=NOTE.format(part.note) if part.note else "", entries=items))
    heading = escape(_heading(digest))
    return PAGE.format(title=heading, heading=heading, period=escape(_period(digest)), parts="".join(parts))


DIGEST_FORMATS: dict[str, Callable[[Digest], str]] = {"md": as_markdown, "html": as_html}


def _heading(digest: Digest) -> str:
    return f"{digest.tally} in {counted(digest.playlists, 'playlist')}"


def _period(digest: Digest) -> str:
    days = counted(digest.days, "observed day")
    return f"{days}, changes {between(digest.since, digest.through, with_year=True)}"


def _more(part: Part) -> str:
    return f"{part.total - len(part.entries):,} more" if part.total > len(part.entries) else ""


def _short(text: str) -> str:
    text = visible(text.replace("\n", " "))
    return text if len(text) <= LENGTH else f"{text[: LENGTH - 1]}…"


def _in_markdown(entry: Entry) -> str:
    return linked(_short(entry.name), entry.link) + (f": {marked(_short(entry.about))}" if entry.about else "")


def _in_html(entry: Entry) -> str:
    name = NAME.format(escape(_short(entry.name)))
    shown = LINK.format(escape(entry.link), name) if entry.link else name
    return shown + (f": {NAME.format(escape(_short(entry.about)))}" if entry.about else "")

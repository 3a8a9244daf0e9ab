"""Show the changes as a desktop notice, with notify-send (package libnotify-bin).

on_change: {command: [python3, examples/on_change/notice.py]}
"""

import subprocess
from html import escape

from sentences import read_sentences

MOST = 5

sentences = read_sentences()
more = [f"… and {len(sentences) - MOST} more"] if len(sentences) > MOST else []
title = f"{len(sentences)} playlist change{'' if len(sentences) == 1 else 's'}"
text = escape("\n".join(sentences[:MOST] + more), quote=False)  # a notice may have markup
subprocess.run(["notify-send", "--", title, text], check=True)  # noqa: S603, S607 (found on PATH)

"""Post the changes to a webhook, as {"text": ...}. The address is in a file: arguments are visible to other users.

on_change: {command: [python3, examples/on_change/webhook.py, /home/me/.config/spotify-track-history/webhook]}
"""

import json
import sys
import urllib.error
import urllib.request
from html import escape
from pathlib import Path

from sentences import read_sentences

MOST = 50

sentences = read_sentences()
more = [f"… and {len(sentences) - MOST} more"] if len(sentences) > MOST else []
address = Path(sys.argv[1]).read_text(encoding="utf-8").strip()
if not address.startswith(("https://", "http://")):
    sys.exit(f"{sys.argv[1]} must have an address that begins with https://")
# Escaped, so that a name can't mention everybody in a channel: <!channel>.
text = escape("\n".join(sentences[:MOST] + more), quote=False)
post = urllib.request.Request(  # noqa: S310 (the user's own)
    address, json.dumps({"text": text}).encode(), {"Content-Type": "application/json"}
)
try:
    urllib.request.urlopen(post, timeout=30).close()  # noqa: S310
except urllib.error.HTTPError as error:
    sys.exit(f"the webhook refused the message: {error.code} {error.reason}")
except OSError as error:
    sys.exit(f"the webhook can't be reached: {error}")

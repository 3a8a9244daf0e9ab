"""Mail the changes with sendmail, which postfix, exim, msmtp and others provide.

on_change: {command: [python3, examples/on_change/mail.py, me@example.org]}
"""

import subprocess
import sys
from email.message import EmailMessage

from sentences import read_sentences

sentences = read_sentences()
mail = EmailMessage()
mail["To"] = mail["From"] = sys.argv[1]
mail["Subject"] = f"{len(sentences)} playlist change{'' if len(sentences) == 1 else 's'}"
mail.set_content("\n".join(sentences))
subprocess.run(["sendmail", "-t", "-i"], input=mail.as_bytes(), check=True)  # noqa: S607 (found on PATH)

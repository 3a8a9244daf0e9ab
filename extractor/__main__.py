"""`python -m extractor`: the commands behind ./run.sh."""

import sys

from extractor.cli.commands import installed

if __name__ == "__main__":
    sys.exit(installed())

"""`python -m extractor`: the commands behind ./run.sh."""

import sys

from extractor.cli.commands import main
from extractor.clock import interruptible_clock

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], interruptible_clock()))

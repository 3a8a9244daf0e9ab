"""The browser of a user who agrees at once: python -m tests.faults.browser URL."""

import sys
from contextlib import suppress
from urllib.request import urlopen

if __name__ == "__main__":
    with suppress(OSError):  # the login was killed
        urlopen(sys.argv[1], timeout=10).close()  # noqa: S310 (the simulator's)

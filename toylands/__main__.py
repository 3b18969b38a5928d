"""`python -m toylands` is the command `toylands`."""

from __future__ import annotations

import sys

from toylands.cli import main

if __name__ == "__main__":
    sys.exit(main())

"""``python -m lightproof`` is the command ``lightproof``."""

import sys

from lightproof.entry import main

if __name__ == "__main__":
    sys.exit(main())

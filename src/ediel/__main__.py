"""``python -m ediel``."""

from ediel.cli import main

main()

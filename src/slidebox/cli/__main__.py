"""`python -m slidebox.cli` is `slidebox`."""

from slidebox.cli import main

main()

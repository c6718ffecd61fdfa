"""`python -m tests.doubles.arm`: the server by itself, for trying things by hand; prints the environment to use."""

from __future__ import annotations

import sys
import threading

from . import ArmDouble

if __name__ == "__main__":
    with ArmDouble() as double:
        sys.stdout.write(f"# endpoint: {double.url}\n")
        for name, value in double.environment().items():
            sys.stdout.write(f"export {name}='{value}'\n")
        sys.stdout.flush()
        threading.Event().wait()

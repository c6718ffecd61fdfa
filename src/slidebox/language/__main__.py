"""Started by the engine: ``python -m slidebox.language [flags] ENGINE_ADDRESS``."""

import asyncio
import sys

from slidebox.language.host import serve

if __name__ == "__main__":
    # The engine's flags are about tracing and the project's root; the address is the one bare word.
    asyncio.run(serve(next((word for word in sys.argv[1:] if not word.startswith("-")), "")))

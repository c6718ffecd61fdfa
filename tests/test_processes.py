"""Servers that outlive the command that started them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from slidebox.processes import spawn

# Many threads and much memory: the kernel takes a while to clear such a process away.
SLOW_TO_GO = """
import threading, time
held = bytearray(200_000_000)
for _ in range(40):
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
print("ready", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("attempt", range(5))
def test_a_process_that_was_ended_is_gone_when_the_call_returns(tmp_path: Path, attempt: int) -> None:
    """Its sockets are free then: a start that follows at once finds its port."""
    del attempt  # the kernel is not always slow enough to be caught
    child = spawn([sys.executable, "-c", SLOW_TO_GO], cwd=tmp_path, env=dict(os.environ), name="slow")
    while "ready" not in child.log_tail():
        assert not child.ended()
    child.end()
    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)
    assert child.ended()
    child.end()

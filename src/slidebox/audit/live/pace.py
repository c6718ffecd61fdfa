"""How fast a service is asked: a bucket of tokens, one for each call, that fills up again at a steady rate."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Pace:
    """Holds calls back so that there are no more in a second than are meant to be; threads may share it.

    Parameters
    ----------
    a_second
        How many calls a second there are at most.
    clock, sleep
        The time in seconds, and what waits some.

    Attributes
    ----------
    calls
        How many there have been.
    """

    def __init__(
        self,
        a_second: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.calls = 0
        self._a_second = a_second
        self._most = max(a_second, 1.0)
        self._clock = clock
        self._sleep = sleep
        self._tokens = self._most
        self._filled = clock()
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Take a token, and wait for it where there is none."""
        with self._lock:
            now = self._clock()
            self._tokens = min(self._most, self._tokens + (now - self._filled) * self._a_second)
            self._filled = now
            self._tokens -= 1
            self.calls += 1
            # Below nothing are those who wait already: each waits for its own token.
            missing = -self._tokens / self._a_second
        if missing > 0:
            self._sleep(missing)

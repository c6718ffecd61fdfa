"""How fast services are asked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from slidebox.audit.live.pace import Pace


class Clock:
    """A clock that stands still but for what waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    def pace(self, a_second: float) -> Pace:
        """A pace by this clock."""
        return Pace(a_second, lambda: self.now, self.sleep)


def test_calls_come_no_faster_than_they_are_meant_to() -> None:
    """Those of the first second at once, the others one by one."""
    clock = Clock()
    pace = clock.pace(10)
    for _ in range(10):
        pace.wait()
    assert clock.now == 0
    for _ in range(20):
        pace.wait()
    assert round(clock.now, 6) == 2
    assert pace.calls == 30


@given(st.floats(0.5, 500), st.lists(st.floats(0, 3), max_size=60))
def test_in_any_stretch_of_time_there_are_no_more_than_its_share_and_those_saved(
    a_second: float, pauses: list[float]
) -> None:
    """Whatever pauses there are between the calls, a pause saves no more than a second's calls."""
    clock = Clock()
    pace = clock.pace(a_second)
    moments = []
    for pause in pauses:
        clock.sleep(pause)
        pace.wait()
        moments.append(clock.now)
    for number, start in enumerate(moments):
        for further, end in enumerate(moments[number:], 1):
            assert further <= (end - start) * a_second + max(a_second, 1) + 1e-6

"""What an audit says of the embedded gateway is what the gateway does, for configurations at random.

``SLIDEBOX_TRIES=3000 pytest tests/test_access_places_gateway_tried.py`` tries as many.
"""

from __future__ import annotations

import os
import random

import pytest

from .conftest import RunningGateway
from .gateway_tries import Tried

pytestmark = pytest.mark.e2e

TRIES = int(os.environ.get("SLIDEBOX_TRIES", "100"))


def test_whom_the_audit_lets_in_is_whom_the_gateway_lets_in(s3_gateway: RunningGateway) -> None:
    """For every user and for whoever brings no key, each action: allowed by both, or by neither."""
    tried = Tried(s3_gateway, f"tried-{os.getpid()}")
    for seed in range(TRIES):
        said = tried.configure(random.Random(seed))
        engine = tried.engine()
        about = f"seed {seed}: {said}"
        assert not engine["unknown"], about
        for who in (*tried.users, "anyone"):
            real = tried.really(who, said)
            told = engine[who] if who == "anyone" else engine[who] | engine["anyone"] | engine["any_account"]
            assert real <= told, f"{about}: {who} really may {sorted(real - told)}"
            # A statement for everybody may except one user, who then comes without a key.
            least = engine[who]
            assert least <= real, f"{about}: {who} may not {sorted(least - real)}"

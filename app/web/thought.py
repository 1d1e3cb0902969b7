"""What is thought through on a page or in a call and never stored: its time is instant, its chance that of the revision."""

from __future__ import annotations

import time

from app.cluster import clock, state


def env(held: state.ClusterState) -> clock.Env:
    """Return what a walk or a trial in this state is given; a state without a time has the machine's."""
    return clock.env_for(0, held.revision, held.now or time.time(), clock.TimeMode.INSTANT)

"""Threads for slow hashes: as many as cores, and of low priority."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from services.stratum.hashers import NICE, hash_threads


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere threads have no priority of their own")
def test_hashes_step_back_behind_the_event_loop() -> None:
    own = os.getpriority(os.PRIO_PROCESS, 0)

    def priority() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    with hash_threads() as threads:
        assert threads.submit(priority).result() == max(NICE, own)
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == own

"""The threads in which hashes run that would hold up the event loop."""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

NICE = 10
"""A tenth of the event loop's weight: a flood of scrypt shares takes what others leave, so that whoever waits
for an answer, a job or a cheaper hash does not wait for it."""


def hash_threads() -> ThreadPoolExecutor:
    """One a core: more would only wait for each other."""
    return ThreadPoolExecutor(_cores(), thread_name_prefix="hash", initializer=_step_back)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _step_back() -> None:
    if sys.platform == "linux":  # elsewhere a priority is the whole process's
        own = os.getpriority(os.PRIO_PROCESS, 0)  # one that was lowered cannot be raised by everybody
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), max(NICE, own))

"""The pace of Python's garbage collector in a process that holds ten thousand connections.

Objects go when the last reference to them does; the collector is for rings of references, and a connection
leaves none. By default it looks at the young objects after each 700 new ones, and now and then at all: at
40,000 shares a second a twelfth of the processor, with a thousand listeners of a live feed a quarter, and
with many connections a pause for everybody.
"""

from __future__ import annotations

import gc

YOUNG_OBJECTS = 20_000
"""More than the shares of two batches are made of: what lives as long as a share is never looked at."""


def slow_collector() -> None:
    """Call once, when what lasts as long as the process is there: that is never looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)

"""Does a service say that it serves? `python -m deploy.healthcheck` for containers. Standard library only: it
runs every few seconds beside the service it asks, so it must start fast.
"""

from __future__ import annotations

import http.client
import os
import sys

PROBE_SECONDS = 2.0


def is_ready(metrics_port: int) -> bool:
    """True when the service behind this metrics port has set its `nomp_ready` gauge."""
    connection = http.client.HTTPConnection("127.0.0.1", metrics_port, timeout=PROBE_SECONDS)
    try:
        connection.request("GET", "/metrics")
        lines = connection.getresponse().read().decode().splitlines()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return "nomp_ready 1.0" in lines


if __name__ == "__main__":
    sys.exit(0 if is_ready(int(os.environ["METRICS_PORT"])) else 1)

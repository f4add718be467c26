"""What the shared shells count, and the page where Prometheus finds it.

A service defines its own metrics beside the code that moves them; those here belong to the shells.
"""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import Counter, Gauge, Histogram, start_http_server

READY = Gauge("nomp_ready", "1 while the service serves, 0 while it starts or drains")

BUS_CONNECTED = Gauge("nomp_bus_connected", "1 while connected to NATS")
BUS_RECONNECTS = Counter("nomp_bus_reconnects", "connections to NATS after the first one")
BUS_ERRORS = Counter("nomp_bus_errors", "errors the NATS client reported", ["kind"])
BUS_DROPPED = Counter(
    "nomp_bus_dropped", "fire-and-forget messages not sent for want of a connection", ["subject"]
)
STREAMS_AGEING = Gauge(
    "nomp_bus_stream_ageing", "1 while a stream that must not forget by age still does", ["stream"]
)
BUS_UNDECODABLE = Counter(
    "nomp_bus_undecodable", "received messages that are not what their subject says", ["subject"]
)
BUS_HANDLER_ERRORS = Counter("nomp_bus_handler_errors", "messages whose handler raised", ["subject"])

LEASES_LOST = Counter("nomp_leases_lost", "leases that ended without being released", ["bucket"])

RELOADS = Counter("nomp_config_reloads", "answers to orders to reload the configuration", ["state"])

DAEMON_CALL_SECONDS = Histogram(
    "nomp_daemon_call_seconds", "time of a call to a coin daemon", ["daemon", "method"],
    buckets=(0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60),
)  # fmt: skip
DAEMON_ERRORS = Counter("nomp_daemon_errors", "failed calls to a coin daemon", ["daemon", "kind"])


def serve_metrics(host: str, port: int) -> Callable[[], None]:
    """Serves `/metrics` from a thread; the returned function ends it. OSError when the port is taken."""
    server, thread = start_http_server(port, addr=host)

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return stop

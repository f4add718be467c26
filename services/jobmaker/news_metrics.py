"""What is counted of the connections over which nodes announce blocks. Names and labels are a contract."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

PEER_CONNECTED = Gauge(
    "nomp_jobmaker_peer_connected", "1 while a node of the coin's network knows us", ["pool"]
)
PEER_CONNECTS = Counter("nomp_jobmaker_peer_connects", "completed handshakes with that node", ["pool"])
PEER_DISCONNECTS = Counter(
    "nomp_jobmaker_peer_disconnects", "tries and connections that ended", ["pool", "why"]
)
PEER_DROPPED = Counter(
    "nomp_jobmaker_peer_dropped", "messages and stretches of garbage passed over", ["pool", "why"]
)
PEER_DROPPED_BYTES = Counter("nomp_jobmaker_peer_dropped_bytes", "their bytes", ["pool", "why"])

ZMQ_CONNECTED = Gauge(
    "nomp_jobmaker_zmq_connected", "1 while connected to the daemon's publisher", ["pool", "daemon"]
)
ZMQ_CONNECTS = Counter("nomp_jobmaker_zmq_connects", "connections made to it", ["pool", "daemon"])
ZMQ_MALFORMED = Counter("nomp_jobmaker_zmq_malformed", "messages that are no hashblock", ["pool", "daemon"])
ZMQ_GAPS = Counter(
    "nomp_jobmaker_zmq_gaps", "times that messages were missing in the daemon's sequence", ["pool", "daemon"]
)

"""What the notifier's doors and its switch desk count; blocknotify's own are in `metrics.py`."""

from __future__ import annotations

from prometheus_client import Counter

ORDERS_REFUSED = Counter(
    "nomp_notifier_coinswitch_refused", "Connections to coinSwitchListener without an order", ["reason"]
)
COMMANDS_REFUSED = Counter(
    "nomp_notifier_cli_refused", "Connections to cliPort without a command", ["reason"]
)
SWITCH_ORDERS = Counter("nomp_notifier_switch_orders", "Orders to switch, by what came of them", ["outcome"])
PROFIT_DECISIONS = Counter(
    "nomp_notifier_profit_decisions",
    "Decisions of profit switching: stay, switch or none",
    ["switch", "kind"],
)
PRICE_FAILURES = Counter("nomp_notifier_price_failures", "Price sources that did not answer well", ["source"])

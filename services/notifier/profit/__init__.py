"""Which coin earns most on the switching ports.

pure      prices (what sources tell), price_table (the newest of them), figures (revenue per hash), decision
shells    price_sources (HTTP, file, command), profit_desk (decides at intervals, reports, switches)
"""

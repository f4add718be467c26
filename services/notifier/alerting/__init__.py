"""Alerts to people: which of them a channel is told, when, in what words, and that it has taken them.

alert          one event as a channel is told it, with its id (pure); wording fills in templates (pure)
quiet_hours    how long the quiet of a channel lasts, by its own clocks (pure)
send_rate      when a channel may be told something again (pure)
outbox         what waits for a channel: what is next, what becomes one message (pure); digest words that
taken          the alerts that a channel has taken, in KV
sender         the way out: apprise_sender sends by Apprise, library_logs keeps its words out of ours
channel        one channel: takes alerts from its queues, sends, and lets them go
channels       all of `config.json`
"""

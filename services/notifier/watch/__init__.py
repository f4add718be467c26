"""What is not as it was: from what services publish anyway to alerts, on every replica alike.

observed     how something of a pool looks now (pure), as seen by
daemons      jobmaker's snapshot: down, behind, forked (pure)
replicas     the pulses of stratum's replicas: lost (pure)
leaders      the leases of jobmaker and payouts: another one, none (pure)
hashrate     the pool's against its own average: dropped (pure)
bans         how many at a time: a storm (pure)
told         what operators were told last, as kept in KV (pure)
settling     when a change has lasted long enough to be told (pure)
verdicts     observations + what was told → alerts, and what is told then (pure)
pool_watch   looks at one pool, publishes, writes down
watching     all pools: pulses and bans as they come, and a look every few seconds
"""

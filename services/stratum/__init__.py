"""Stratum: miners' connections, their jobs and their shares. `python -m services.stratum` serves all pools.

Read in this order:

    __main__         wiring
    server           listeners, job broadcasts, time-outs, the end
    connection       one socket: bytes in, bytes out, nothing else touches sockets
    session          one miner's conversation, a line in, one outcome out (pure)
    protocol         bytes ↔ typed requests, replies, notifications (pure)
    framing          lines out of a byte stream, with a cap (pure)
    proxy_protocol   who the miner behind a load balancer is (pure)
    authorization    which worker a user name stands for (pure)
    extranonce       which part of the nonce space a connection mines (pure); prefix_lease holds it in KV
    difficulty       at which difficulty each job's shares are judged (pure); vardiff adjusts it (pure)
    job_registry     current and earlier jobs, duplicates, what a clean job drops (pure); job_feed fills it
    share_path       check, hash, judge, hand on, answer
    share_batch      the group commit's queue (pure); publisher stores its batches
    block_publisher  found blocks, announced at once
    pool             one pool's parts; door is one port of it
    counters         what happened (pure); metrics and presence show it

A share is answered `true` after the stream has acknowledged it, never before. A connection can only harm
itself.
"""

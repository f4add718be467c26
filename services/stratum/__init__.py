"""Stratum: miners' connections, their jobs and their shares. `python -m services.stratum` serves all pools.

Read in this order:

    __main__         wiring; forks starts one process a core
    opening          from the configuration to doors
    server           listeners (listening), job broadcasts, time-outs, bans, the end; drain sends miners away
    sockets          all miners' sockets, read and written many at a time by powhash.sockets; miner_socket is
                     one, acceptor brings them; without the native library asyncio's own transports do it
    fanout           a job to a turn of miners, in one native call where it goes out as it is
    connection       the protocol of one socket: bytes in, bytes out
    entrance         what comes before the first line (pure): proxy_protocol, proxy_policy, tls_stream;
                     certificate reloads its files
    door             one port: who may come in; visitors, allowance and capacity limit them, by ip_group
    dialogue         an admitted miner: lines to its session, outcomes to where they belong
    framing          lines out of a byte stream, with a cap (pure)
    protocol         a line → a typed request (pure): requests, password_options
    session          one miner's conversation, a line in, one outcome out (pure): outcome, answers, terms,
                     time_outs
    replies          lines to the miner (pure)
    authorization    which worker a user name stands for (pure); login makes it one of the session's (pure),
                     mpos_logins asks payouts about it where a pool is in MPOS mode; known_logins (pure)
    submitting       whose share it is, on which job, for which pool (pure)
    miner_work       jobs sent and work done, of one connection (pure)
    miner_difficulty its difficulty (pure): difficulty, difficulty_policy, vardiff
    extranonce       which part of the nonce space a connection mines (pure); prefixes holds it in KV
    session_token    the subscription id, signed (pure); session_key is the replicas' key
    session_store    ended sessions, kept in KV for their miners' return
    warden           offences (pure) and what follows; ban_list shares bans with all replicas
    job_registry     current and earlier jobs, what a clean job drops (pure); job_feed fills it
    share_path       check, hash, judge, hand on, answer; an ordinary good share comes checked already, by the
                     session's `quick_share`, which is one call of powhash.share_check
    hashers          the threads of slow hashes
    share_batch      the group commit's queue (pure); publisher stores its batches, woken by
                     timed_events
    block_publisher  found blocks, announced at once
    notices          operators' words to the miners
    control          operators' orders: who is connected (connection_list), kicks and bans
    pool             one pool's parts
    switch           which pool switching ports mine; switch_feed follows KV, switch_metrics shows it;
                     switch_authorization makes one key a worker of each pool (pure)
    moving           a session goes to another pool (pure); visits keeps what it did in others (pure)
    counters         what happened (pure); metrics and presence show it

A share is answered `true` after the stream has acknowledged it, never before. A connection can only harm
itself.
"""

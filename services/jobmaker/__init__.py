"""jobmaker: new work from the coin daemons to the miners, found blocks from the miners to the daemons.

    __main__.py           settings and wiring
    pool_work.py          everything for one pool, wired
    daemons.py            the pool's daemons: all watched, the healthiest one leads
    daemon_watch.py       one daemon and its state
    daemon_states.py      the states there are
    chain_check.py        is it on the pool's chain
    capabilities.py       what it can do and wants, asked of it
    standing.py           is it behind, or on another chain than the one that leads
    leadership.py         the lease that lets one replica publish
    watcher.py            when to fetch a template
    announcements.py      pure: blocks that somebody announced, until there is work on them
    block_news.py         who tells of new blocks: peer.py and zmq_news.py, wired
    peer.py               a node of the coin's network, connected for ever; made of
    peer_connection.py    one connection to it
    peer_dialogue.py      pure: bytes in, bytes and announcements out
    peer_message.py       pure: messages in a stream of bytes
    peer_payload.py       pure: what messages hold
    zmq_news.py           a daemon's ZMQ publisher, connected for ever
    long_poll.py          the request that a daemon answers with the next tip's template
    offer.py              a template as a daemon gave it
    decision.py           pure: new tip, refresh or nothing
    proposal.py           pure: the block a job would become, and its shape
    template_check.py     would the daemon take it: asked before miners work on it
    publication.py        template → transactions stored → job published
    job_ids.py            pure: ids that never repeat
    template_store.py     the transactions of templates: in memory, and in the object store for all replicas
    submitter.py          found block → assembled → submitted → its fate published
    block_archive.py      found blocks as files
    block_submission.py   one block to all daemons
    block_lookup.py       do they build on it, whatever they call it
    block_fate.py         pure: what the daemons' answers mean
    network_snapshot.py   the pool's network for the api
    wakeup.py             a sleep that can be cut short
    metrics.py            what is counted, and
    news_metrics.py       of the connections that bring news

A new job goes watcher → decision → template_check → publication; a found block goes submitter →
block_archive → block_submission → block_lookup → block_fate.
"""

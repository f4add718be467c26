"""jobmaker: new work from the coin daemons to the miners, found blocks from the miners to the daemons.

    __main__.py           settings and wiring
    pool_work.py          everything for one pool, wired
    daemons.py            the pool's daemons: all watched, the first healthy one leads
    daemon_watch.py       one daemon and its state
    chain_check.py        is it on the pool's chain, does it know the pool's address
    leadership.py         the lease that lets one replica publish
    watcher.py            when to fetch a template
    decision.py           pure: new tip, refresh or nothing
    publication.py        template → transactions stored → job published
    job_ids.py            pure: ids that never repeat
    template_store.py     the transactions of templates: in memory, and in the object store for all replicas
    submitter.py          found block → assembled → submitted → its fate published
    block_submission.py   one block to all daemons, and the question whether they build on it
    block_fate.py         pure: what the daemons' answers mean
    network_snapshot.py   the pool's network for the api
    wakeup.py             a sleep that can be cut short
    ending.py             ending tasks that would run for ever
    metrics.py            what is counted

A new job goes watcher → decision → publication; a found block goes submitter → block_submission → block_fate.
"""

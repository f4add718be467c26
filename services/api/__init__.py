"""api: what miners look at and operators work with. It owns no store; any number of replicas may run.

    state     what it knows: snapshots and pulses from NATS, details from payouts
    views     what is answered: pure builders and the types of the answers
    v1        the versioned interface; nomp: that of NOMP and its forks
    feeds     live feeds by server-sent events and WebSockets
    site      the web site, with `templates` and `static`
    admin     the admin center
    serving   the socket, and what stands between it and every route

`app` puts the routes together, `__main__` runs them.
"""

"""The admin center: an operator's pages, and the orders they give over NATS.

    center        wiring: the application, on the public port or on its own
    guard         before every path: no session, no answer; no token, no order
    operators     who may log in: names, Argon2 hashes, TOTP secrets; password makes a line of it
    totp          the six digits of RFC 6238 (pure)
    session       the signed cookie, and tokens for forms (pure); session_keys keeps the replicas' key
    tries         how long to wait after failed logins (pure); login_gate counts them for all replicas
    login         name, password and digits → a session
    forms         what a form sent
    audit_log     what was asked and what came of it, in a stream
    actions       the table of orders, carried out with the log before and after
    stratum_desk  asking stratum replicas; payments_desk asking payouts
    exempt        addresses that no order may ban (pure)
    reload_desk   ordering a reload of the configuration, and the answers
    masked_config the configuration as files have it, without secrets
    news          blocks, payments and alarms as they come
    pages         rendering; routes the paths

It is off unless operators are named (`ADMIN_USERS`). A replica keeps nothing: sessions are signed, what
replicas share is in KV.
"""

"""The operator's command `nomp`: one doctor, one look at everything, and orders over NATS.

    command_line   what it understands; __main__ runs it and knows the exit code
    variables      the environment as the services have it; local_pool those of a pool of `make run`
    bus_door       a connection to NATS within seconds, or why there is none
    masking        no secret ever leaves the command
    findings       what the doctor finds; finding_text how it says it
    doctor         all checks at once, over one ground; checks/ one file each
    status         everything about the running pool; status_text how it says it
    replicas       which processes answer
    orders         what can be ordered; order_log writes it down for the admin center
    stratum_orders ban, unban, kick; payment_orders and payment_text what concerns money
    reload_orders  a reload, followed process by process; reload_roll how it stands at each

It speaks NATS only. `nomp check` alone also looks into files and stores, and changes nothing anywhere.
"""

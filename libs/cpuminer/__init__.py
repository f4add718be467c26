"""cpuminer: a small stratum miner for trying a pool out, and the scripted miner of its tests.

protocol   stratum lines ↔ requests and events; holds no socket
work       job → header → share; the only place that hashes
pace       how many hashes are due by now
connection a protocol on a TCP connection
scripted   a miner that does one step at a time, as a test tells it
session    one connection of the miner: jobs in, shares out
mining     the loop: connect, mine, report, try again
report     one line for each event

`python -m cpuminer --help` tells the rest.
"""

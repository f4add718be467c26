"""How a block's reward is divided: one file a scheme, all of them pure. `docs/schemes.md` is for people.

scheme   what every scheme says about itself, and the window through which it sees the shares of a block
prop     all shares of the round, by their work
pplns    the last shares, as much work as some network difficulties
pplnt    the shares of the last hours
solo     the finder's alone
pps      each share is worth its part of a block at once
score    the shares of the round, the later the heavier
choice   which of them a configuration means, and the text in which the ledger remembers it
"""

"""Tells miners what they asked for with a signature of their payout address (docs/notifications.md).

told           what was told of one address, and what is still to be sent; kept by told_store
looking        a look at one address: what there is to tell now, made of
workers_seen   who is silent and who is back
hashrate_seen  the hashrate against its own average of a day
payments_seen  payments that were not told yet
miner_words    the words of it
register       who is to be told what, as the api writes it
pool_trust     whether a pool's figures can be relied on at the moment
teller         the rounds, done by one replica at a time
asked_store    how often mail boxes are asked for a confirmation; mail_box: which box an address is
post_box       from what is to be sent to what was, with the pauses after failures
outlets        the ways out: requests are made by channel_requests and go by public_poster, mail by miner_mail
public_address which addresses on the internet a stranger's URL may lead to; own_address: not this machine's
"""

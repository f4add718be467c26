"""What miners ask for with a signature of their payout address.

wants        what can be asked for, and the words of it that are signed
challenge    the text to sign, and reading it again
links        the links in messages that end or confirm a subscription
subscribers  changes of what one address is told; kept by subscriber_store
secret_key   the key behind texts and links
pace         how often one sender may ask
desk         asks, checks and carries out
"""

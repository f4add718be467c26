"""What people ask and order.

payment_control  how payments stand, a dry run, pause, resume, decisions (control_order)
book_orders      what they book: corrections, releases out of suspense, deposits
miner_terms      a minimum payment that a miner asked for
books            the accounts and what is wrong with them
"""

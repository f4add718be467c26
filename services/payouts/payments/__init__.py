"""From who is due to a transaction deep in the chain.

payees          who is due (pure), by payable_addresses and output_size (both pure)
standing_reader  what is owed and what the wallet holds, of one moment
payment_plan    what would be paid now; dry_run tells it; bisection (pure) finds whom the wallet refuses
forgotten_payments  what the wallet paid and the ledger does not know, as one from an old backup
wallet          funds, signs and sends (wallet_calls, wallet_answers, wallet_trouble); transaction_check
                says whether it did as asked, fee_cap what it may cost (both pure)
sendmany        pays through wallets that are too old for that (sendmany_wallet), once
payer           intent → signed transaction → broadcast → confirmed; payment_setup makes it
resolution      an operator's decision about a stuck payment
"""

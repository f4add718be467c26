"""Found blocks: what each share of their rounds weighs, and what becomes of them in the chain.

scheme_history   which scheme each round has (pure); pool_schemes is its shell
closing          found blocks: their rounds go from the tallies or the log into the ledger
share_windows    the weights of those schemes that need more than the tallies know
crediter         PPS: shares credited at once, by share_credits (pure)
maturity         blocks in the chain (chain_view, chain_witnesses): confirmed and credited, or orphaned
rewards          a reward divided by weights (pure)
"""

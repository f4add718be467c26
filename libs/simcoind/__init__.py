"""simcoind: a simulated coin daemon, for tests and for machines without a real one.

It keeps a real chain and judges what pools make of it: proof of work, merkle root, height, coinbase value and
witness commitment. What it does not do: peers, scripts, MWEB. See docs/simcoind.md.

bytes     wire, script, transaction, block, money, witness_commitment, signature
rules     reject, parameters, transaction_rules, block_rules, policy, genesis
state     utxo_set, block_tree, chain, mempool, wallet_keys, wallet, funding
mining    block_assembly, block_template, self_mining
node      node (all of it in step), journal and replay (a data directory), template_watch (long polls)
rpc/      one module for each area of calls; table, dispatch; and faults
shell     http_head, http_server, block_notify, options, __main__

A module imports from its own line or those above; only `node` and what is below it know clocks and files.
"""

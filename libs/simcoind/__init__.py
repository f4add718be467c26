"""simcoind: a simulated coin daemon, for tests and for machines without a real one.

It keeps a real chain and judges what pools make of it: proof of work, merkle root, height, coinbase value,
witness commitment, and what the coin's family asks beside that. What it does not do: peers, scripts. See
docs/simcoind.md.

bytes     wire, wire_form, pubkey, script, transaction, block, money, witness_commitment, signature
rules     reject, parameters, transaction_rules, block_rules, policy, genesis
families  payees, special_coinbase, stake_rules, extension_block, and family_rules over them
state     utxo_set, block_tree, chain, mempool, wallet_keys, wallet, funding
mining    block_assembly, block_template, payee_template, self_mining
node      node (all of it in step), journal and replay (a data directory), template_watch (long polls)
rpc/      one module for each area of calls; table, dispatch; and faults
shell     http_head, http_server, block_notify, family_options, options, __main__

A module imports from its own line or those above; only `node` and what is below it know clocks and files.
"""

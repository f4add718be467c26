"""MPOS mode: MPOS pays, and this service writes its tables.

mpos_rows      shares → rows (pure); mpos_tables, mpos_position, mpos_database are where they go
mpos_recorder  follows the share log into them, by mpos_writer
mpos_outcomes  marks blocks; mpos_logins answers stratum
mpos_pool      all of them for one pool; mpos_pools all pools
"""

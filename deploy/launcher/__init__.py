"""`make run`: the whole pool on one machine, under supervisord, with state below `var/`.

__main__         the order of things: set up, start, prepare the chain, start the services, wait, stop
layout           where everything lives and listens (directories, ports), from the environment
daemon_choice    litecoind from PATH or apt, else the simulated daemon
programs         the table of programs to run
supervisor_conf  that table as supervisord's configuration
supervision      start, watch and stop supervisord and single programs
readiness        are all services ready? and the block of text that says so
"""

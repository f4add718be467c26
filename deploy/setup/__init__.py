"""What must exist before the pool starts, on a bare machine and in containers alike.

secret_files    random passwords, one file each, readable by their owner only
nats_users      one NATS user per service, with permissions cut to the table of subjects
regtest         a regtest chain that serves templates, the pool's wallet and its address
compose         the same for `docker compose up`: files into each service's own volume
"""

"""`python -m deploy.setup secrets|wallet`: the one-shot steps of docker-compose.yml."""

from __future__ import annotations

import asyncio
import sys

from deploy.setup.compose import write_addresses, write_secrets


def main(step: str) -> int:
    """Run one step; 2 for an unknown one."""
    if step == "secrets":
        write_secrets()
    elif step == "wallet":
        asyncio.run(write_addresses())
    else:
        print("usage: python -m deploy.setup secrets|wallet", file=sys.stderr)
        return 2
    return 0


sys.exit(main(sys.argv[1] if len(sys.argv) == 2 else ""))

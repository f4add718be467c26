"""Are all services ready? And the block of text that tells people where everything is."""

from __future__ import annotations

from deploy.healthcheck import is_ready
from deploy.launcher.layout import ROOT, Layout
from deploy.launcher.programs import Chain
from nompcore.subjects import SERVICES


def unready(layout: Layout) -> list[str]:
    """Services whose `nomp_ready` gauge is not 1."""
    return [name for name in SERVICES if not is_ready(layout.ports[f"{name.upper()}_METRICS_PORT"])]


def announcement(layout: Layout, chain: Chain) -> str:
    """What `make run` prints once everything serves."""
    api = f"http://127.0.0.1:{layout.ports['API_PORT']}"
    stratum = f"stratum+tcp://127.0.0.1:{layout.ports['STRATUM_PORT']}"
    return "\n".join(
        [
            "",
            "The pool is running.",
            f"  stratum   {stratum}   user: ADDRESS.RIG   password: x",
            f"  site      {api}/",
            f"  API       {api}/docs   payments: {api}/api/v1/pools/litecoin/payments",
            f"  chain     {_chain(layout, chain)}",
            f"  miner     {_miner(layout, chain)}",
            f"  logs      {_short(layout.logs)}/*.log",
            "Ctrl-C stops everything; the next `make run` goes on from here.",
            "",
        ]
    )


def _miner(layout: Layout, chain: Chain) -> str:
    if not layout.demo_miner:
        return "none (NOMP_DEMO_MINER=off)"
    return f"mines for {chain.miner_address}; the first payment takes about two minutes"


def _chain(layout: Layout, chain: Chain) -> str:
    if chain.litecoind is None:
        return "SIMULATED (no litecoind found, and none could be installed): simcoind, see docs/simcoind.md"
    datadir = _short(layout.litecoin("main"))
    return f"litecoind -regtest; ask it with: litecoin-cli -datadir={datadir} getwalletinfo"


def _short(path: object) -> str:
    return str(path).removeprefix(f"{ROOT}/")

"""What `nomp` understands."""

from __future__ import annotations

import argparse

from deploy.operator.doctor import CHECKS
from services.api.admin.order import Order, OrderRefused

BAN_SECONDS = 3600.0
SILENCE_SECONDS = 60.0
"""Without one more answer to a reload: longer than a service takes to end its work and come back."""

EPILOG = """exit codes: 0 all is well, 1 something is wrong or was refused, 2 the command cannot be
understood, or its settings cannot be used. NATS and all else are found by the variables of docs/settings.md;
where NATS_URL is not set, the pool that `make run` runs below NOMP_HOME. docs/nomp-command.md
has examples."""


def parser() -> argparse.ArgumentParser:
    """The parser; `command` names what is asked."""
    top = argparse.ArgumentParser(
        prog="nomp", description="Looks after a pool: one doctor, one look at everything, and orders.",
        epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    commands = top.add_subparsers(dest="command", required=True, metavar="command")
    _questions(commands)
    _stratum(commands)
    _payments(commands)
    return top


_Commands = argparse._SubParsersAction  # argparse names it nowhere else


def _add(commands: _Commands[argparse.ArgumentParser], name: str, text: str) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    command.add_argument("--json", action="store_true", help="print JSON for machines")
    return command


def _questions(commands: _Commands[argparse.ArgumentParser]) -> None:
    check = _add(
        commands, "check", "look for what is wrong with configuration, daemons, wallet, clock and stores"
    )
    check.add_argument("--only", action="append", choices=sorted(CHECKS), metavar="CHECK",
                       help=f"some checks only: {', '.join(CHECKS)}")  # fmt: skip
    check.add_argument("--nats-monitor", default="", metavar="URL",
                       help="monitoring page of NATS; without it port 8222 of its host")  # fmt: skip
    status = _add(commands, "status", "replicas, daemons, miners, payments, switches, alarms of the last day")
    status.add_argument("pool", nargs="?", default="", help="one pool only")
    switch = _add(commands, "switch", "tell which coins the switching ports mine, or change it")
    switch.add_argument("coin", nargs="?", default="", help="a pool, or the name or symbol of its coin")
    switch.add_argument("--switch", default="", metavar="NAME", help="one switch only")
    switch.add_argument("--algorithm", default="", help="switches of this algorithm only")
    switch.add_argument("--reason", default="", help="kept with the switch")
    reload = _add(
        commands, "reload", "check the configuration's files, and have all processes take them over"
    )
    reload.add_argument("--dry-run", action="store_true", help="the check, and who would be asked")
    reload.add_argument("--wait", type=float, default=SILENCE_SECONDS, metavar="SECONDS",
                        help="give up after so long without a further answer (60)")  # fmt: skip


def _stratum(commands: _Commands[argparse.ArgumentParser]) -> None:
    ban = _add(commands, "ban", "shut an address out, on all replicas")
    ban.add_argument("ip", help="an IPv4 address, or an IPv6 address with the /64 around it")
    ban.add_argument("--seconds", type=float, default=BAN_SECONDS, help="for how long (an hour)")
    ban.add_argument("--reason", default="by an operator", help="kept with the ban")
    _add(commands, "unban", "let an address in again").add_argument("ip")
    _add(commands, "bans", "list the addresses that are shut out")
    kick = _add(commands, "kick", "close connections of a pool; who is not banned may come back")
    kick.add_argument("pool")
    meant = kick.add_mutually_exclusive_group(required=True)
    meant.add_argument("--worker", default="", help="a worker's name, or an address with all its workers")
    meant.add_argument("--ip", default="", help="all connections from there")
    meant.add_argument("--connection", default="", help="an id of the admin center's list")
    notice = _add(commands, "notice", "show a text to every miner of a pool")
    notice.add_argument("pool")
    notice.add_argument("text")


def _payments(commands: _Commands[argparse.ArgumentParser]) -> None:
    pause = _add(commands, "pause", "begin no payment of a pool until resume")
    pause.add_argument("pool")
    pause.add_argument("--reason", required=True, help="kept with the pause")
    _add(commands, "resume", "go on with a pool's payments").add_argument("pool")
    payments = _add(commands, "payments", "how a pool's payments stand")
    payments.add_argument("pool")
    kind = payments.add_mutually_exclusive_group()
    kind.add_argument("--dry-run", action="store_true", help="the payment that would be sent now")
    kind.add_argument(
        "--release", default="", metavar="ADDRESS", help="take an address out of the quarantine"
    )
    _add(commands, "audit", "payouts' audit of a pool now: the books, the wallet, the chain").add_argument(
        "pool"
    )
    reward = _add(commands, "upstream-reward", "enter what an upstream pool paid; the running round ends")
    reward.add_argument("pool")
    reward.add_argument("--txid", required=True, dest="txid_display", metavar="TXID",
                        help="its transaction, six blocks deep")  # fmt: skip
    reward.add_argument("--sats", required=True, dest="amount_sats", metavar="N", type=_sats,
                        help="what it brought the wallet, in smallest units")  # fmt: skip
    reward.add_argument("--reason", required=True, help="kept with the reward")


def _sats(text: str) -> int:
    try:
        return Order("", {"amount_sats": text}).whole("amount_sats")
    except OrderRefused as error:
        raise argparse.ArgumentTypeError(str(error)) from error

"""`nomp …`, or `python -m deploy.operator …`."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sys
import textwrap
import time
from collections.abc import Callable, Mapping

from deploy.operator.answer import Answer, Refused
from deploy.operator.bus_door import NoBus, open_bus, open_client
from deploy.operator.checks.ground import Ground, survey
from deploy.operator.command_line import parser
from deploy.operator.doctor import examine
from deploy.operator.finding_text import COLUMNS, findings_json, findings_text
from deploy.operator.findings import is_sound, reworded
from deploy.operator.masking import Masking, secrets_of_environment, secrets_of_urls
from deploy.operator.money import Money
from deploy.operator.orders import Desk
from deploy.operator.person import person_of
from deploy.operator.secrets_of_config import secrets_of_config
from deploy.operator.variables import operators_environment
from nompcore.errors import BusError
from services.api.admin.config_files import ConfigFiles

FINE, WRONG, USAGE = 0, 1, 2


def main(words: list[str], environ: Mapping[str, str]) -> int:
    """Run one command; the exit code."""
    arguments = parser().parse_args(words)
    ground = survey(operators_environment(environ), time.time, getattr(arguments, "nats_monitor", ""))
    masking = _masking(ground)
    if arguments.command != "check" and ground.settings_problems:
        return _complain(masking, "\n".join(ground.settings_problems), USAGE)
    try:
        answer = asyncio.run(_answer(arguments, ground, masking))
    except (NoBus, Refused, BusError, TimeoutError) as error:
        return _complain(masking, str(error) or "NATS does not answer in time", WRONG)
    text = json.dumps(answer.data, indent=2, ensure_ascii=False) if arguments.json else answer.text
    print(masking.masked(text))
    return FINE if answer.ok else WRONG


async def _answer(arguments: argparse.Namespace, ground: Ground, masking: Masking) -> Answer:
    if arguments.command == "check":
        # before lines are broken: half a secret would not be known again
        findings = [reworded(one, masking.masked) for one in await examine(ground, arguments.only)]
        return Answer(findings_text(findings), findings_json(findings), is_sound(findings))
    url = ground.settings.nats_url
    async with open_bus(url) as bus:
        client = await open_client(url)
        try:
            person, tell = person_of(ground.environ), _tell(arguments, masking)
            desk = Desk(bus, client, person, _money(ground), arguments, _files(ground), tell)
            return await desk.carry_out()
        finally:
            await client.close()


def _money(ground: Ground) -> Callable[[str], Money]:
    by_pool = {pool.name: Money(pool.coin.symbol, pool.coin.decimals) for pool in ground.pools}
    return lambda pool: by_pool.get(pool, Money())


def _files(ground: Ground) -> ConfigFiles:
    return ConfigFiles(ground.settings.config_dir, ground.settings.coins_dir, ground.environ)


def _tell(arguments: argparse.Namespace, masking: Masking) -> Callable[[str], None]:
    """Lines ahead of the answer, as long as nobody wants JSON."""
    if arguments.json:
        return lambda line: None
    return lambda line: print(_narrow(masking.masked(line)), flush=True)


def _narrow(line: str) -> str:
    return textwrap.fill(line, COLUMNS, subsequent_indent=" " * 10, break_on_hyphens=False)


def _masking(ground: Ground) -> Masking:
    settings = ground.settings
    urls = (settings.nats_url, settings.redis_url, settings.ledger_url)
    secrets = secrets_of_environment(ground.environ) | {s for url in urls for s in secrets_of_urls(url)}
    return Masking(secrets | secrets_of_config(ground.config))


def _complain(masking: Masking, text: str, code: int) -> int:
    said = masking.masked(f"nomp: {text}")
    lines = [textwrap.fill(line, COLUMNS, break_on_hyphens=False) for line in said.splitlines()]
    print("\n".join(lines), file=sys.stderr)
    return code


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)  # the answer tells it better than the shells' own words
    sys.exit(main(sys.argv[1:], os.environ))

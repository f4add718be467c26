"""Changes to an input by whole lines and parameters: deeper than flipped bits reach. Pure."""

from __future__ import annotations

import random
import re

from tests.stratum_miner import EXTRANONCE1, TOKENS, WORKER
from tests.stratum_work import ADDRESS, MAIN_ADDRESS, SEGWIT_ADDRESS

_TOKEN = TOKENS.token(EXTRANONCE1)

LINES = tuple(
    line.encode()
    for line in (
        '{"id":1,"method":"mining.subscribe","params":["cgminer/4.10.0"]}',
        '{"id":1,"method":"mining.subscribe","params":["x","@T"]}',
        f'{{"id":1,"method":"mining.subscribe","params":["","{_TOKEN}"]}}',
        f'{{"id":2,"method":"mining.authorize","params":["{WORKER}","x"]}}',
        f'{{"id":2,"method":"mining.authorize","params":["{WORKER}","d=0.00000001,md=1e-9"]}}',
        f'{{"id":2,"method":"mining.authorize","params":["{SEGWIT_ADDRESS}.1"]}}',
        f'{{"id":2,"method":"mining.authorize","params":["{MAIN_ADDRESS}","x"]}}',
        f'{{"id":3,"method":"mining.submit","params":["{WORKER}","@J","00000000","6553f100","0000002c"]}}',
        f'{{"id":3,"method":"mining.submit","params":["{WORKER}","@R","00000000","6553f101","00000001"]}}',
        f'{{"id":3,"method":"mining.submit","params":["{WORKER}","@J","0","6553f100","00000001","00002000"]}}',
        f'{{"id":3,"method":"mining.submit","params":["{WORKER}","@J","00000000","6553f100"]}}',
        '{"id":4,"method":"mining.configure","params":[["version-rolling"],{"version-rolling.mask":"1fffe000"}]}',
        '{"id":4,"method":"mining.configure","params":[["minimum-difficulty","info","subscribe-extranonce"],'
        '{"minimum-difficulty.value":1e-8}]}',
        '{"id":5,"method":"mining.suggest_difficulty","params":[0.00000002]}',
        f'{{"id":5,"method":"mining.suggest_target","params":["{"0f" * 32}"]}}',
        '{"id":6,"method":"mining.extranonce.subscribe","params":[]}',
        '{"id":6,"method":"mining.get_transactions","params":["@J"]}',
        '{"id":6,"method":"mining.multi_version","params":[1]}',
        '{"id":6,"method":"mining.ping"}',
        '{"id":6,"method":"client.get_version","params":[]}',
        '{"id":1,"result":"cgminer/4.10.0","error":null}',
        '{"id":7,"method":"mining.capabilities","params":[]}',
        "PROXY TCP4 203.0.113.7 10.0.0.1 50000 3333\r",
        "PROXY TCP6 2001:db8::7 2001:db8::1 50000 3333\r",
        "PROXY UNKNOWN\r",
        *(f"!{event}" for event in "jcbhx126srvkepl/f"),
    )
)

VALUES = tuple(
    value.encode()
    for value in (
        f'"{WORKER}"', f'"{ADDRESS}"', f'"{ADDRESS}.2"', '"@J"', '"@R"', '"@T"', '"00000000"', '"6553f101"',
        '"FFFFFFFF"', '"20000000"', '"000001"', '""', '"é"', '"\\u0000"', "null", "true", "[]", "{}", "-1",
        "0", "1e308", "1e-308", "1e999", "0.5", "4503599627370497.5", "[[]]", '{"a":1}', '"d=1e-9;md=2"',
        '"%s"' % ("a" * 130),
    )
)  # fmt: skip

_WORD = re.compile(rb'"[^"\n]*"|[0-9][0-9.e+-]*')
_MOST_LINES = 12


def mutated(data: bytes, seed: int) -> bytes:
    """The input with a line or a parameter more, less or another."""
    chance = random.Random(seed)
    lines = data.split(b"\n")
    place = chance.randrange(len(lines))
    kind = chance.randrange(6)
    if kind < 2 and len(lines) < _MOST_LINES:
        lines.insert(place, chance.choice(LINES))
    elif kind < 3:
        lines[place] = chance.choice(LINES)
    elif kind < 4 or len(lines) > _MOST_LINES:
        del lines[place]
    elif kind < 5:
        lines.insert(place, lines[chance.randrange(len(lines))])
    else:
        lines[place] = _with_another_word(lines[place], chance)
    return b"\n".join(lines)


def _with_another_word(line: bytes, chance: random.Random) -> bytes:
    words = list(_WORD.finditer(line))
    if not words:
        return line
    word = chance.choice(words)
    return line[: word.start()] + chance.choice(VALUES) + line[word.end() :]

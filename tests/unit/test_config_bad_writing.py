"""Mistakes in writing config files: syntax, keys, types, variables. Each has one line of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.config_dir import POOL_FILE, PORTAL_FILE, ConfigDir, problems_of
from tests.unit.config_edits import Edit, content, in_turn, pool, portal, without

SYNTAX = {
    "a comma is missing": (
        content(POOL_FILE, '{\n  "enabled": true\n  "coin": 1\n}'),
        'pool_configs/litecoin.json: line 3, column 3: unexpected """',
    ),
    "the file ends too early": (
        content(PORTAL_FILE, '{\n  "website": {\n'),
        "config.json: line 3, column 1: unexpected end of input",
    ),
    "a key stands twice": (
        content(PORTAL_FILE, '{"logLevel": "info", "logLevel": "debug"}'),
        'config.json: duplicate key "logLevel" found in object',
    ),
    "the file is a list": (content(PORTAL_FILE, "[]"), "config.json: expected an object { … }"),
    "objects are nested without end": (
        content(PORTAL_FILE, '{"a":' * 3000 + "1" + "}" * 3000),
        "config.json: is nested too deeply",
    ),
    "the file is empty": (content(PORTAL_FILE, ""), "config.json: empty strings are not legal JSON5"),
}

KEYS = {
    "a key is misspelt": (
        pool("ports", "3032", "varDif", value={}),
        'pool_configs/litecoin.json: ports.3032.varDif: unknown key; did you mean "varDiff"?',
    ),
    "a key is misspelt in config.json": (
        portal("blockNotifyListener", "pasword", value="x"),
        'config.json: blockNotifyListener.pasword: unknown key; did you mean "password"?',
    ),
    "a key has the wrong case": (
        pool("blockrefreshinterval", value=1),
        'pool_configs/litecoin.json: blockrefreshinterval: unknown key; did you mean "blockRefreshInterval"?',
    ),
    "a key has the name that code uses": (
        pool("block_refresh_interval_ms", value=1),
        "pool_configs/litecoin.json: block_refresh_interval_ms: "
        'unknown key; did you mean "blockRefreshInterval"?',
    ),
    "a key stands in the wrong section": (
        pool("variancePercent", value=30),
        'pool_configs/litecoin.json: variancePercent: unknown key; did you mean "shareVariancePercent"?',
    ),
    "a key belongs elsewhere": (
        pool("minDiff", value=8),
        "pool_configs/litecoin.json: minDiff: unknown key here; it belongs in ports.<name>.varDiff",
    ),
    "a key resembles nothing": (
        pool("ports", "3256", "zzz", value=1),
        "pool_configs/litecoin.json: ports.3256.zzz: unknown key; known here: diff, scheme, tls, varDiff",
    ),
    "a misspelt key is one that is required": (
        in_turn(without(POOL_FILE, "coin"), pool("coni", value="litecoin.json")),
        'pool_configs/litecoin.json: coni: unknown key; did you mean "coin"?',
    ),
    "a required key is missing": (
        without(POOL_FILE, "address"),
        "pool_configs/litecoin.json: address: required, but not given",
    ),
    "enabled is missing": (
        without(POOL_FILE, "enabled"),
        "pool_configs/litecoin.json: enabled: required, but not given",
    ),
    "a default for all pools is misspelt": (
        portal("defaultPoolConfigs", value={"bannning": {}}),
        'config.json: defaultPoolConfigs.bannning: unknown key; did you mean "banning"?',
    ),
}

TYPES = {
    "text in place of a number": (
        pool("ports", "3032", "varDiff", "minDiff", value="eight"),
        'pool_configs/litecoin.json: ports.3032.varDiff.minDiff: expected a number above 0, found "eight"',
    ),
    "a number below its range": (
        pool("ports", "3256", "diff", value=0),
        "pool_configs/litecoin.json: ports.3256.diff: expected a number above 0, found 0",
    ),
    "a boolean in place of a number": (
        pool("blockRefreshInterval", value=True),
        "pool_configs/litecoin.json: blockRefreshInterval: expected a number, 0 or more, found true",
    ),
    "infinity": (
        content(PORTAL_FILE, '{"website": {"stats": {"hashrateWindow": Infinity}}}'),
        "config.json: website.stats.hashrateWindow: expected a number above 0, found inf",
    ),
    "null": (
        pool("jobRebroadcastTimeout", value=None),
        "pool_configs/litecoin.json: jobRebroadcastTimeout: expected a number, 0 or more, found null",
    ),
    "a fraction in place of a whole number": (
        portal("blockNotifyListener", "port", value=8117.5),
        "config.json: blockNotifyListener.port: expected a port number (1 to 65535), found 8117.5",
    ),
    "yes in place of true": (
        pool("tcpProxyProtocol", value="yes"),
        'pool_configs/litecoin.json: tcpProxyProtocol: expected true or false, found "yes"',
    ),
    "1 in place of true": (
        portal("website", "enabled", value=1),
        "config.json: website.enabled: expected true or false, found 1",
    ),
    "a number in place of text": (
        pool("coin", value=5),
        "pool_configs/litecoin.json: coin: expected text, found 5",
    ),
    "an empty host": (
        pool("daemons", 0, "host", value=""),
        'pool_configs/litecoin.json: daemons[0].host: expected text, found ""',
    ),
    "a list in place of an object": (
        pool("ports", value=[3032]),
        "pool_configs/litecoin.json: ports: expected an object, found a list",
    ),
    "an object in place of a list": (
        pool("daemons", value={"host": "localhost"}),
        "pool_configs/litecoin.json: daemons: expected a list, found an object",
    ),
    "text in place of a section": (
        pool("ports", "3256", value="256"),
        'pool_configs/litecoin.json: ports.3256: expected an object, found "256"',
    ),
    "a word that is none of the choices": (
        portal("logLevel", value="verbose"),
        'config.json: logLevel: expected "debug", "info", "warning" or "error", found "verbose"',
    ),
    "forks of 0": (
        portal("clustering", value={"enabled": True, "forks": 0}),
        'config.json: clustering.forks: expected "auto" or a whole number above 0, found 0',
    ),
    "a password that is a number": (
        pool("daemons", 0, "password", value=12345678),
        "pool_configs/litecoin.json: daemons[0].password: expected text, found a number",
    ),
    "a port that is no number": (
        pool("ports", "stratum", value={"diff": 8}),
        'pool_configs/litecoin.json: ports.stratum: expected a port number (1 to 65535), found "stratum"',
    ),
    "a port beyond 65535": (
        pool("ports", "70000", value={"diff": 8}),
        'pool_configs/litecoin.json: ports.70000: expected a port number (1 to 65535), found "70000"',
    ),
    "a daemon's port beyond 65535": (
        pool("daemons", 1, "port", value=65536),
        "pool_configs/litecoin.json: daemons[1].port: expected a port number (1 to 65535), found 65536",
    ),
    "a pool tag that is too long": (
        pool("poolTag", value="x" * 65),
        "pool_configs/litecoin.json: poolTag: "
        f'expected up to 64 printable ASCII characters, found "{"x" * 65}"',
    ),
    "a ban percentage above 100": (
        pool("banning", value={"enabled": True, "invalidPercent": 101}),
        "pool_configs/litecoin.json: banning.invalidPercent: expected a percentage from 0 to 100, found 101",
    ),
    "a webhook that is no URL": (
        portal("webhooks", value=["discord.example/token"]),
        "config.json: webhooks[0]: expected a URL that begins with http:// or https://",
    ),
}

VARIABLES = {
    "a variable that is not set": (
        pool("daemons", 0, "password", value="${LITECOIN_RPC_PASSWORD}"),
        "pool_configs/litecoin.json: daemons[0].password: "
        "the environment variable LITECOIN_RPC_PASSWORD is not set",
    ),
    "a variable that is not set, in a key": (
        pool("ports", "${STRATUM_PORT}", value={"diff": 8}),
        "pool_configs/litecoin.json: ports.${STRATUM_PORT}: the environment variable STRATUM_PORT is not set",
    ),
    "a variable that is not set, in the defaults": (
        portal("defaultPoolConfigs", value={"instanceId": "${ID}"}),
        "config.json: defaultPoolConfigs.instanceId: the environment variable ID is not set",
    ),
    "a brace that is not closed": (
        pool("address", value="${LITECOIN_ADDRESS"),
        "pool_configs/litecoin.json: address: a variable is written ${NAME} or ${NAME:-default}",
    ),
    "a default of the wrong type": (
        pool("daemons", 0, "port", value="${RPC_PORT:-none}"),
        "pool_configs/litecoin.json: daemons[0].port: "
        "expected a port number (1 to 65535), found the value of ${RPC_PORT:-none}",
    ),
    "a port twice by default": (
        pool("ports", "${STRATUM_PORT:-3256}", value={"diff": 8}),
        'pool_configs/litecoin.json: ports.${STRATUM_PORT:-3256}: "3256" stands here twice',
    ),
}

CASES: dict[str, tuple[Edit, str]] = {**SYNTAX, **KEYS, **TYPES, **VARIABLES}


@pytest.mark.parametrize(("edit", "expected"), CASES.values(), ids=CASES.keys())
def test_one_mistake_gives_exactly_its_line(tmp_path: Path, edit: Edit, expected: str) -> None:
    config = ConfigDir()
    edit(config)
    config.write(tmp_path)
    assert problems_of(tmp_path, config.environ) == [expected]


def test_every_mistake_has_a_line_of_its_own() -> None:
    assert len({expected for _, expected in CASES.values()}) == len(CASES)


def test_the_unspoilt_configuration_has_no_problem(tmp_path: Path) -> None:
    ConfigDir().write(tmp_path)
    assert problems_of(tmp_path, {}) == []


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    config = ConfigDir()
    config.put(PORTAL_FILE, "logLevel", value="loud")
    config.put(POOL_FILE, "coin", value=1)
    config.put(POOL_FILE, "daemons", 0, "port", value=0)
    config.write(tmp_path)
    assert [line.split(": ")[1] for line in problems_of(tmp_path, {})] == [
        "logLevel",
        "coin",
        "daemons[0].port",
    ]


def test_a_missing_config_json_says_where_it_was_looked_for(tmp_path: Path) -> None:
    assert problems_of(tmp_path, {}) == [
        f"config.json: not found; it was looked for at {tmp_path / 'config.json'}"
    ]


def test_a_portal_without_an_enabled_pool_is_refused(tmp_path: Path) -> None:
    config = ConfigDir()
    config.put(POOL_FILE, "enabled", value=False)
    config.write(tmp_path)
    assert problems_of(tmp_path, {}) == [f"pool_configs: no enabled pool in {tmp_path / 'pool_configs'}"]


def test_a_pool_whose_file_name_fits_no_subject_is_refused(tmp_path: Path) -> None:
    config = ConfigDir()
    config.files["pool_configs/Lite_coin.json"] = config.files.pop(POOL_FILE)
    config.write(tmp_path)
    assert problems_of(tmp_path, {}) == [
        "pool_configs/Lite_coin.json: the file name is the pool's name: only a-z, 0-9 and - before .json"
    ]


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    ConfigDir().write(tmp_path)
    (tmp_path / POOL_FILE).write_bytes(b"{\xff}")
    assert problems_of(tmp_path, {}) == ["pool_configs/litecoin.json: is not UTF-8 text"]


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    ConfigDir().write(tmp_path)
    (tmp_path / "pool_configs" / "other.json").mkdir()
    assert problems_of(tmp_path, {}) == ["pool_configs/other.json: cannot be read: Is a directory"]

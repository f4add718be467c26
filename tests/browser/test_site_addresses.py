"""What the pages do with addresses in the browser: mining keys, and command lines that are filled in."""

from __future__ import annotations

import json5
import pytest
from playwright.async_api import Browser, expect

from nompcore.address import NetworkParams, decode_base58check, encode_base58check, encode_segwit
from nompcore.bech32 import decode_segwit
from nompcore.cashaddr import CashAddrKind, encode_cashaddr
from nompcore.coin_file import read_coin_file
from nompcore.errors import AddressError
from tests.browser import site_samples as samples
from tests.browser.site_stage import Stage
from tests.browser.visitor import visiting
from tests.unit.config_dir import COINS_DIR

pytestmark = pytest.mark.asyncio(loop_scope="session")

DECODE = """
async (addresses) => {
  const { decodeBase58check } = await import("/static/base58check.js");
  const { decodeSegwit } = await import("/static/bech32.js");
  const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return addresses.map((address) => {
    const old = decodeBase58check(address);
    if (old) return `${old.version} ${hex(old.payload)}`;
    const witness = decodeSegwit(address);
    return witness && `${witness.prefix} ${witness.version} ${hex(witness.program)}`;
  });
}
"""

ENCODE = """
async ([hashes, version, prefix]) => {
  const { encodeBase58check } = await import("/static/base58check.js");
  const { encodeSegwit } = await import("/static/bech32.js");
  const bytes = (hex) => new Uint8Array(hex.match(/../g).map((pair) => parseInt(pair, 16)));
  return hashes.map((hash) => [encodeBase58check(version, bytes(hash)), encodeSegwit(prefix, bytes(hash))]);
}
"""

DIGEST = """
async (texts) => {
  const { sha256 } = await import("/static/sha256.js");
  return Promise.all(texts.map(async (text) => {
    const bytes = new TextEncoder().encode(text);
    const theirs = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    return theirs.every((byte, i) => byte === sha256(bytes)[i]);
  }));
}
"""


def examples() -> dict[str, str]:
    """Address → what our own code reads in it, for every example of every coin file."""
    read: dict[str, str] = {}
    for path in sorted(COINS_DIR.glob("*.json")):
        networks = dict(read_coin_file(path.name, json5.loads(path.read_text())).networks.items())
        for network in networks.values():
            read |= {address: _read(address, network.params) for address in network.examples}
    return {address: text for address, text in read.items() if text}


def _read(address: str, network: NetworkParams) -> str:
    try:
        version, payload = decode_base58check(address)
        return f"{version} {payload.hex()}"
    except AddressError:
        pass
    if not network.bech32_hrp or not address.lower().startswith(network.bech32_hrp):
        return ""  # CashAddr, which the page does not read
    witness, program = decode_segwit(network.bech32_hrp, address)
    return f"{network.bech32_hrp} {witness} {program.hex()}"


async def test_addresses_are_read_as_the_pool_reads_them(stage: Stage, browser: Browser) -> None:
    expected = examples()
    async with visiting(browser, stage.api.port) as visitor:
        await visitor.goto("/mining-key")
        read = await visitor.page.evaluate(DECODE, list(expected))

    assert len(expected) > 50
    assert dict(zip(expected, read, strict=True)) == expected


async def test_one_wrong_character_is_noticed(stage: Stage, browser: Browser) -> None:
    good = [samples.MINER, *samples.ADDRESSES[samples.BITCOIN]]
    wrong = [
        address[:i] + ("2" if c != "2" else "3") + address[i + 1 :]
        for address in good
        for i, c in enumerate(address)
    ]
    async with visiting(browser, stage.api.port) as visitor:
        await visitor.goto("/mining-key")
        read = await visitor.page.evaluate(DECODE, [*wrong, "", "1", "bc1", "0OIl", "bc1q" + "q" * 80])

    assert set(read) == {None}


async def test_addresses_are_written_as_the_pool_writes_them(stage: Stage, browser: Browser) -> None:
    hashes = ["00" * 20, "ff" * 20, "0001" * 10, "1ae882e788091732da6910595314447c9e38bd8d"]
    async with visiting(browser, stage.api.port) as visitor:
        await visitor.goto("/mining-key")
        zero, litecoin = [
            await visitor.page.evaluate(ENCODE, [hashes, version, "ltc"]) for version in (0, 48)
        ]

    for version, written in ((0, zero), (48, litecoin)):
        assert written == [
            [encode_base58check(version, bytes.fromhex(h)), encode_segwit("ltc", 0, bytes.fromhex(h))]
            for h in hashes
        ]


CASHADDR = """
async ([hashes, texts, prefixes]) => {
  const { decodeCashaddr, encodeCashaddr } = await import("/static/cashaddr.js");
  const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const bytes = (text) => new Uint8Array(text.match(/../g).map((pair) => parseInt(pair, 16)));
  const written = hashes.flatMap((hash) => prefixes.map((prefix) => encodeCashaddr(prefix, bytes(hash))));
  const found = texts.map((text) => decodeCashaddr(text, prefixes));
  const read = found.map((one) => one && `${one.prefix} ${one.kind} ${hex(one.hash)}`);
  return [written, read];
}
"""


async def test_cashaddr_is_written_and_read_as_the_pool_does(stage: Stage, browser: Browser) -> None:
    hashes, prefixes = (
        ["00" * 20, "ff" * 20, "1ae882e788091732da6910595314447c9e38bd8d"],
        ["bitcoincash", "ecash"],
    )
    expected = {
        encode_cashaddr(prefix, kind, bytes.fromhex(hash160)): f"{prefix} {word} {hash160}"
        for hash160 in hashes
        for prefix in prefixes
        for kind, word in ((CashAddrKind.P2PKH, "key"), (CashAddrKind.P2SH, "script"))
    }
    bare = {address.partition(":")[2].upper(): text for address, text in expected.items()}
    good = next(iter(expected))
    wrong = [good[:-1] + ("q" if good[-1] != "q" else "p"), "bchtest" + good[11:], "x" + good, good[:-1]]
    async with visiting(browser, stage.api.port) as visitor:
        await visitor.goto("/mining-key")
        texts = [*expected, *bare, *wrong]
        written, read = await visitor.page.evaluate(CASHADDR, [hashes, texts, prefixes])

    assert written == [address for address, text in expected.items() if " key " in text]
    assert read == [*expected.values(), *bare.values(), *[None] * len(wrong)]


async def test_a_cashaddr_becomes_a_mining_key(stage: Stage, browser: Browser) -> None:
    async with visiting(browser, stage.api.port) as visitor:
        await visitor.goto("/mining-key")
        for kind, says in ((CashAddrKind.P2PKH, ""), (CashAddrKind.P2SH, "of a script")):
            address = encode_cashaddr("bitcoincash", kind, bytes(range(20)))
            await visitor.page.get_by_label("Your address").fill(address)
            await expect(visitor.page.locator("#key-result")).to_contain_text(says)
            await expect(visitor.page.locator("#key")).to_have_text(bytes(range(20)).hex())
            assert await visitor.page.locator("#key-found").is_hidden() == bool(says)


async def test_hashes_are_those_of_the_browser(stage: Stage, browser: Browser) -> None:
    async with visiting(browser, stage.api.port) as visitor:
        await visitor.goto("/mining-key")

        assert all(await visitor.page.evaluate(DIGEST, ["a" * n for n in range(200)]))


async def test_an_address_becomes_a_mining_key(stage: Stage, browser: Browser) -> None:
    async with visiting(browser, stage.api.port) as visitor:
        await visitor.goto("/mining-key")
        await visitor.page.get_by_label("Your address").fill(samples.MINER)

        await expect(visitor.page.locator("#key")).to_have_text("1ae882e788091732da6910595314447c9e38bd8d")
        await expect(visitor.page.locator("#key-of")).to_have_text("Mining key of an address of Litecoin")
        await expect(visitor.page.locator("#key-addresses")).to_contain_text(
            "bc1qrt5g9eugpytn9knfzpv4x9zy0j0r30vdwtmun3"
        )
        await expect(visitor.page.locator("#key-addresses")).to_contain_text(samples.MINER)
        assert await visitor.violations() == []
        assert visitor.faults == []


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("LMgENNXzzuPxp7vfMjDrCU44bsmrEMgqvd", "no address"),
        ("3P14159f73E4gFr7JterCCQh9QjiTjiZrG", "of a script"),
        ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", "no hash of a single key"),
        ("<img src=x onerror=alert(1)>", "no address"),
    ],
)
async def test_what_has_no_mining_key_says_why(
    stage: Stage, browser: Browser, address: str, says: str
) -> None:
    async with visiting(browser, stage.api.port) as visitor:
        await visitor.goto("/mining-key")
        await visitor.page.get_by_label("Your address").fill(address)

        await expect(visitor.page.locator("#key-result")).to_contain_text(says)
        await expect(visitor.page.locator("#key-found")).to_be_hidden()


async def test_command_lines_take_the_readers_address(stage: Stage, browser: Browser) -> None:
    async with visiting(
        browser, stage.api.port, permissions=["clipboard-read", "clipboard-write"]
    ) as visitor:
        await visitor.goto("/getting-started")
        lines = visitor.page.locator("#line-litecoin-3032-1")
        await expect(lines).to_contain_text("-u YOUR_LTC_ADDRESS.rig1")
        await visitor.page.get_by_label("Your address").fill(f" {samples.MINER}; rm -rf / ")
        await visitor.page.get_by_label("Name of the rig").fill("a b$(x)")
        wanted = f"cpuminer -a scrypt -o stratum+tcp://pool.example:3032 -u {samples.MINER}rm-rf.abx -p x"
        await expect(lines).to_have_text(wanted)
        await visitor.page.get_by_role("button", name="Copy cpuminer-opt, Litecoin, 3032").click()
        await expect(visitor.page.locator("[data-copied]")).to_have_text("Copied")

        assert await visitor.page.evaluate("() => navigator.clipboard.readText()") == wanted
        assert visitor.faults == []

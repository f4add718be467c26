"""From a parsed pool file to a `PoolConfig`: addresses, amounts and spellings against the coin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from nompcore.address import p2pkh_script, script_for
from nompcore.algorithms import SHA256
from nompcore.amounts import sats_from_coins
from nompcore.coin import Coin
from nompcore.config.dialect import (
    Placed,
    doubled_in_pool,
    mpos_sections,
    payment_sections,
    worker_address_checks,
)
from nompcore.config.document import Document
from nompcore.config.mpos import MposCheck, MposConfig
from nompcore.config.payments import PaymentConfig, PaymentSection, SchemeConfig
from nompcore.config.pool import P2pConfig, PoolConfig, RewardRecipient
from nompcore.config.pool_file import PoolFile
from nompcore.config.problems import Findings, Loc
from nompcore.config.proportions import PARTS_PER_MILLION, ppm_of_fraction, ppm_of_percent
from nompcore.config.tls import TlsSection
from nompcore.config.upstream_check import check_upstream
from nompcore.errors import AddressError, EncodingError
from nompcore.share import VERSION_ROLLING_MASK

HASH160_HEX_LENGTH = 40
MILLISECONDS = 1000
PEER_MAGIC_KEYS = {"main": "peerMagic", "test": "peerMagicTestnet", "regtest": "peerMagicRegtest"}
"""The coin file's key of each network."""


@dataclass(frozen=True, slots=True)
class PoolCheck:
    """One enabled pool under examination. Values that fail leave a problem and a harmless stand-in."""

    name: str
    file: PoolFile
    document: Document
    coin: Coin
    findings: Findings

    def pool(self) -> PoolConfig:
        """The pool; usable only if no problem was found."""
        for loc, text in doubled_in_pool(self.file):
            self._problem(loc, text)
        self._script(("address",), self.file.address)
        self._warn_about_start_difficulties()
        mpos = self._mpos()
        file = self.file
        return PoolConfig(
            name=self.name,
            coin=self.coin,
            network=file.network,
            address=file.address,
            ports=file.ports,
            daemons=tuple(file.daemons),
            block_refresh_interval_seconds=file.block_refresh_interval_ms / MILLISECONDS,
            tx_refresh_interval_seconds=file.tx_refresh_interval_ms / MILLISECONDS,
            job_rebroadcast_timeout_seconds=file.job_rebroadcast_timeout_seconds,
            connection_timeout_seconds=file.connection_timeout_seconds,
            share_variance_percent=file.share_variance_percent,
            tcp_proxy_protocol=file.tcp_proxy_protocol,
            tcp_proxy_networks=tuple(file.tcp_proxy_networks),
            tcp_proxy_required=file.tcp_proxy_required,
            version_mask=self._version_mask(),
            emit_invalid_block_hashes=file.emit_invalid_block_hashes,
            banning=file.banning,
            limits=file.limits,
            tls_options=self._tls_options(),
            validate_worker_address=mpos is None and all(value for _, value in worker_address_checks(file)),
            reward_recipients=self._recipients(),
            pool_tag=file.pool_tag,
            payments=None if mpos else self._payments(),
            mpos=mpos,
            p2p=self._p2p(),
            upstream=check_upstream(self.file, self.document, self.findings),
        )

    def _problem(self, loc: Loc, text: str) -> None:
        self.findings.problem(self.document.at(loc, text))

    def _script(self, loc: Loc, address: str) -> bytes:
        network = self.coin.networks.get(self.file.network)
        if network is None:
            known = ", ".join(sorted(self.coin.networks))
            self._problem(
                ("network",), f'{self.coin.name} has no network "{self.file.network}", only {known}'
            )
            return b""
        try:
            return script_for(address, network)
        except AddressError as error:
            shown = self.document.quoted(loc, address)
            kind = f"{self.coin.name} address of network {self.file.network}"
            self._problem(loc, f"{shown} is no {kind}: {error}")
            return b""

    def _version_mask(self) -> int:
        if self.file.version_mask is not None:
            return int(self.file.version_mask, 16)
        return VERSION_ROLLING_MASK if self.coin.algorithm == SHA256 else 0

    def _tls_options(self) -> TlsSection | None:
        if self.file.tls_options is None:
            for number, port in self.file.ports.items():
                if port.tls != "off":
                    self._problem(
                        ("ports", str(number), "tls"), "needs tlsOptions with serverCert and serverKey"
                    )
        return self.file.tls_options

    def _p2p(self) -> P2pConfig | None:
        section = self.file.p2p
        if section is None or not section.enabled:
            return None
        magic = self.coin.peer_magics.get(self.file.network, b"")
        if section.magic is not None:
            magic = bytes.fromhex(section.magic)
        if not magic:
            coin_key = PEER_MAGIC_KEYS[self.file.network]
            text = f"needed for p2p: add {coin_key} to coins/{self.file.coin}, or magic here"
            self._problem(("p2p", "magic"), text)
        return P2pConfig(
            host=section.host,
            port=section.port,
            magic=magic,
            protocol_version=section.protocol_version,
            disable_transactions=section.disable_transactions,
        )

    def _recipients(self) -> tuple[RewardRecipient, ...]:
        recipients = []
        for address, percent in self.file.reward_recipients.items():
            loc: Loc = ("rewardRecipients", address)
            script = _hash160_script(address) or self._script(loc, address)
            ppm = self._exact(loc, percent, ppm_of_percent)
            recipients.append(RewardRecipient(address=address, script=script, ppm=ppm))
        if sum(recipient.ppm for recipient in recipients) >= PARTS_PER_MILLION:
            self._problem(
                ("rewardRecipients",), "the percentages add up to 100 or more: nothing is left for the pool"
            )
        return tuple(recipients)

    def _mpos(self) -> MposConfig | None:
        enabled = [placed for placed in mpos_sections(self.file) if placed.section.enabled]
        return MposCheck(enabled[0], self.file, self.document, self.findings).config() if enabled else None

    def _payments(self) -> PaymentConfig | None:
        paying = [placed for placed in payment_sections(self.file) if placed.section.enabled]
        if not paying:
            self.findings.warn(self.document.at((), "payments are not enabled: nobody is paid for shares"))
            return None
        return self._payment(paying[0])

    def _payment(self, placed: Placed[PaymentSection]) -> PaymentConfig | None:
        loc, section = placed.loc, placed.section
        if section.fee_receive_address is not None:
            self._script((*loc, "feeReceiveAddress"), section.fee_receive_address)
        amounts = {
            key: self._exact((*loc, key), coins, self._sats)
            for key, coins in (
                ("minimumPayment", section.minimum_payment),
                ("minimumReserve", section.minimum_reserve),
                ("feeWithdrawalThreshold", section.fee_withdrawal_threshold),
            )
        }
        fee_ppm = self._exact((*loc, "feePercent"), section.fee_fraction, ppm_of_fraction)
        if section.daemon is None:
            self._problem((*loc, "daemon"), "required: the daemon whose wallet owns the pool's address")
            return None
        return PaymentConfig(
            payment_interval_seconds=section.payment_interval_seconds,
            minimum_payment_sats=amounts["minimumPayment"],
            minimum_reserve_sats=amounts["minimumReserve"],
            fee_ppm=fee_ppm,
            fee_receive_address=section.fee_receive_address,
            fee_withdrawal_threshold_sats=amounts["feeWithdrawalThreshold"],
            daemon=section.daemon,
            scheme=SchemeConfig(
                name=section.scheme,
                window_ppm=self._exact((*loc, "window"), section.window, ppm_of_fraction),
                window_seconds=section.window_seconds,
                score_seconds=section.score_seconds,
            ),
        )

    def _sats(self, coins: Decimal) -> int:
        return sats_from_coins(coins, self.coin.decimals)

    def _exact(self, loc: Loc, value: Decimal, convert: Callable[[Decimal], int]) -> int:
        try:
            return convert(value)
        except EncodingError as error:
            self._problem(loc, str(error))
            return 0

    def _warn_about_start_difficulties(self) -> None:
        for number, port in self.file.ports.items():
            bounds = port.var_diff
            if bounds and not bounds.min_diff <= port.diff <= bounds.max_diff:
                limits = f"minDiff {bounds.min_diff:g} to maxDiff {bounds.max_diff:g}"
                text = f"diff {port.diff:g} is outside {limits}"
                self.findings.warn(self.document.at(("ports", str(number)), text))


def _hash160_script(text: str) -> bytes | None:
    """The script for a public key's hash given as 40 hex digits; None for anything else."""
    if len(text) != HASH160_HEX_LENGTH or set(text.lower()) - set("0123456789abcdef"):
        return None
    return p2pkh_script(bytes.fromhex(text))

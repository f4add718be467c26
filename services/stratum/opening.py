"""From the configuration to the doors of every pool and switch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial, reduce
from operator import and_

from nompcore.config import PoolConfig, PortalConfig, PortConfig, SwitchConfig, VarDiffConfig
from services.stratum.ban_list import BanList
from services.stratum.capacity import Capacity
from services.stratum.certificate import Certificate
from services.stratum.difficulty_policy import DifficultyPolicy
from services.stratum.door import Door
from services.stratum.offences import BanRules
from services.stratum.pool import Pool
from services.stratum.proxy_policy import Networks, ProxyPolicy
from services.stratum.session_token import TokenMint
from services.stratum.switch import Switch
from services.stratum.switch_authorization import SwitchAuthorizer
from services.stratum.terms import Terms
from services.stratum.vardiff import VardiffRules
from services.stratum.warden import Warden


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What all doors of this process share. `take_extranonce1` gives None while no prefix is held."""

    signing_key: bytes
    take_extranonce1: Callable[[], str | None]
    capacity: Capacity
    bans: BanList

    def all_doors(
        self, config: PortalConfig, pools: Mapping[str, Pool], switches: Mapping[str, Switch]
    ) -> Iterator[Door]:
        """Those of all pools and switches of the configuration."""
        yield from self.doors(pools.values())
        for name, switch in switches.items():
            yield from self.switch_doors(config.switches[name], switch, config.pools.values())

    def doors(self, pools: Iterable[Pool]) -> Iterator[Door]:
        """One door for each port of a pool. CertificateError when a TLS port's files cannot be used."""
        for pool in pools:
            open_door = self._opener(pool)
            tokens = TokenMint(self.signing_key, pool.config.name)
            for port, config in pool.config.ports.items():
                yield open_door(port=port, tls_mode=config.tls, terms=self._terms(pool, config, tokens))

    def switch_doors(
        self, config: SwitchConfig, switch: Switch, portal: Iterable[PoolConfig]
    ) -> Iterator[Door]:
        """One door for each port of a switch; `portal` are all pools, whose addresses its miners may give."""
        open_door = self._opener(switch.default)
        tokens = TokenMint(self.signing_key, f"switch {switch.name}")  # no pool has such a name
        pools = switch.pools.values()
        authorizers = _authorizers([pool.config for pool in pools], portal)
        mask = reduce(and_, (pool.config.version_mask for pool in pools))
        for port, port_config in config.ports.items():
            offers = {
                name: replace(
                    self._terms(pool, port_config, tokens), authorizer=authorizers[name], version_mask=mask
                )
                for name, pool in switch.pools.items()
            }
            terms = offers[switch.default.config.name]
            yield open_door(port=port, tls_mode=port_config.tls, terms=terms, switch=switch, offers=offers)

    def _opener(self, pool: Pool) -> Callable[..., Door]:
        """Makes doors as the pool's file wants them."""
        config = pool.config
        networks = Networks(config.banning.exempt)
        return partial(
            Door,
            pool=pool,
            proxies=_proxy_policy(config),
            certificate=_certificate(config),
            capacity=self.capacity,
            warden=Warden(config.name, _ban_rules(config), networks, self.bans, pool.counters),
            max_connections=config.limits.max_connections,
        )

    def _terms(self, pool: Pool, port: PortConfig, tokens: TokenMint) -> Terms:
        return Terms(
            pool=pool.config.name,
            jobs=pool.jobs,
            authorizer=pool.authorizer,
            targets=pool.targets,
            policy=_difficulty_policy(port),
            tokens=tokens,
            take_extranonce1=pool.prefixes.take if pool.prefixes else self.take_extranonce1,
            version_mask=pool.config.version_mask,
            counters=pool.counters,
            checks_logins=pool.logins is not None,
        )


def _authorizers(pools: Iterable[PoolConfig], portal: Iterable[PoolConfig]) -> dict[str, SwitchAuthorizer]:
    """By pool; they differ in the coin that a miner is paid in."""
    networks = {pool.name: pool.coin.networks[pool.network] for pool in pools}
    port = tuple(networks.values())
    known = tuple(pool.coin.networks[pool.network] for pool in portal if pool.name not in networks)
    return {name: SwitchAuthorizer(own, port, known) for name, own in networks.items()}


def _certificate(config: PoolConfig) -> Certificate | None:
    options = config.tls_options
    return Certificate(options.server_cert, options.server_key) if options else None


def _proxy_policy(config: PoolConfig) -> ProxyPolicy:
    if not config.tcp_proxy_protocol:
        return ProxyPolicy(Networks(()), required=False)
    return ProxyPolicy(Networks(config.tcp_proxy_networks), required=config.tcp_proxy_required)


def _ban_rules(config: PoolConfig) -> BanRules:
    banning = config.banning
    return BanRules(
        enabled=banning.enabled,
        seconds=banning.time_seconds,
        invalid_percent=banning.invalid_percent,
        check_threshold=banning.check_threshold,
        forget_seconds=banning.purge_interval_seconds,
        junk_limit=banning.junk_limit,
        failed_login_limit=banning.failed_login_limit,
    )


def _difficulty_policy(config: PortConfig) -> DifficultyPolicy:
    return DifficultyPolicy(float(config.diff), _vardiff_rules(config.var_diff))


def _vardiff_rules(config: VarDiffConfig | None) -> VardiffRules | None:
    if config is None:
        return None
    return VardiffRules(
        min_diff=config.min_diff,
        max_diff=config.max_diff,
        target_time=config.target_time_seconds,
        retarget_time=config.retarget_time_seconds,
        variance_percent=config.variance_percent,
        x2mode=config.x2mode,
    )

"""From the configuration to the doors of every pool."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from nompcore.config import PoolConfig, PortConfig, VarDiffConfig
from services.stratum.ban_list import BanList
from services.stratum.capacity import Capacity
from services.stratum.certificate import Certificate
from services.stratum.difficulty_policy import DifficultyPolicy
from services.stratum.door import Door
from services.stratum.offences import BanRules
from services.stratum.pool import Pool
from services.stratum.proxy_policy import Networks, ProxyPolicy
from services.stratum.session_token import TokenMint
from services.stratum.terms import Terms
from services.stratum.vardiff import VardiffRules
from services.stratum.warden import Warden


def open_doors(
    pools: Mapping[str, Pool],
    *,
    signing_key: bytes,
    take_extranonce1: Callable[[], str | None],
    capacity: Capacity,
    bans: BanList,
) -> Iterator[Door]:
    """One door for each port. CertificateError when a TLS port's files cannot be used."""
    for name, pool in pools.items():
        config = pool.config
        tokens = TokenMint(signing_key, name)
        warden = Warden(name, _ban_rules(config), Networks(config.banning.exempt), bans, pool.counters)
        certificate = _certificate(config)
        for port, port_config in config.ports.items():
            yield Door(
                pool=pool,
                port=port,
                terms=Terms(
                    pool=name,
                    jobs=pool.jobs,
                    authorizer=pool.authorizer,
                    targets=pool.targets,
                    policy=_difficulty_policy(port_config),
                    tokens=tokens,
                    take_extranonce1=take_extranonce1,
                    version_mask=config.version_mask,
                    counters=pool.counters,
                    checks_logins=pool.logins is not None,
                ),
                proxies=_proxy_policy(config),
                tls_mode=port_config.tls,
                certificate=certificate,
                capacity=capacity,
                warden=warden,
                max_connections=config.limits.max_connections,
            )


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

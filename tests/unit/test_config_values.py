"""What services get: the units of the code, exact money, both spellings, defaults of all pools."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.address import p2pkh_script, script_for
from nompcore.config import ConfigInvalid, DaemonConfig, PoolConfig, PortalConfig, PortConfig
from nompcore.config.proportions import ppm_of_fraction, ppm_of_percent
from nompcore.errors import EncodingError
from tests.unit.config_dir import (
    DAEMON,
    OTHER_REGTEST_ADDRESS,
    POOL_FILE,
    PORTAL_FILE,
    REGTEST_ADDRESS,
    ConfigDir,
)


def pool_of(config: ConfigDir, directory: Path) -> PoolConfig:
    return config.load(directory).pools["litecoin"]


def test_times_arrive_in_seconds(tmp_path: Path) -> None:
    pool = pool_of(ConfigDir(), tmp_path)
    assert (pool.block_refresh_interval_seconds, pool.tx_refresh_interval_seconds) == (1, 20)
    assert (pool.job_rebroadcast_timeout_seconds, pool.connection_timeout_seconds) == (55, 600)


def test_a_port_arrives_with_its_difficulties(tmp_path: Path) -> None:
    ports = pool_of(ConfigDir(), tmp_path).ports
    assert ports[3256] == PortConfig(diff=256)
    vardiff = ports[3032].var_diff
    assert vardiff is not None
    assert (vardiff.min_diff, vardiff.max_diff, vardiff.variance_percent) == (8, 512, 30)
    assert (vardiff.target_time_seconds, vardiff.retarget_time_seconds, vardiff.x2mode) == (15, 90, False)


def test_payments_arrive_as_exact_integers(tmp_path: Path) -> None:
    payments = pool_of(ConfigDir(), tmp_path).payments
    assert payments is not None
    assert (payments.minimum_payment_sats, payments.minimum_reserve_sats) == (100_000, 1_000_000_000)
    assert (payments.fee_ppm, payments.fee_withdrawal_threshold_sats) == (20_000, 500_000_000)
    assert (payments.payment_interval_seconds, payments.fee_receive_address) == (30, OTHER_REGTEST_ADDRESS)
    assert payments.daemon.port == 19332


def test_recipients_are_addresses_or_hashes_of_public_keys(tmp_path: Path) -> None:
    config, hash160 = ConfigDir(), "00" * 19 + "Aa"
    config.put(POOL_FILE, "rewardRecipients", value={REGTEST_ADDRESS: 1.5, hash160: "0.0001"})
    pool = pool_of(config, tmp_path)
    first, second = pool.reward_recipients
    assert (first.script, first.ppm) == (script_for(REGTEST_ADDRESS, pool.coin.networks["regtest"]), 15_000)
    assert (second.script, second.ppm) == (p2pkh_script(bytes(19) + b"\xaa"), 1)


def test_the_network_is_main_unless_another_is_named(tmp_path: Path) -> None:
    config = ConfigDir()
    config.drop(POOL_FILE, "network")
    config.drop(POOL_FILE, "shareProcessing", "internal", "feeReceiveAddress")
    config.put(POOL_FILE, "address", value="LZz44iyF4zLCXJTU8RxztyyJZBntdS6fvv")
    assert pool_of(config, tmp_path).network == "main"


def test_numbers_may_be_written_as_text(tmp_path: Path) -> None:
    config = ConfigDir()
    config.put(POOL_FILE, "daemons", 0, "port", value="19332")
    config.put(POOL_FILE, "shareProcessing", "internal", "feePercent", value="0.015")
    config.put(POOL_FILE, "ports", "3256", "diff", value="0.0000153")
    config.put(POOL_FILE, "tcpProxyProtocol", value="true")
    pool = pool_of(config, tmp_path)
    assert pool.payments is not None
    assert (pool.daemons[0].port, pool.payments.fee_ppm) == (19332, 15_000)
    assert (pool.ports[3256].diff, pool.tcp_proxy_protocol) == (0.0000153, True)


def test_both_spellings_mean_the_same(tmp_path: Path) -> None:
    later = ConfigDir()
    internal = dict(later.files[POOL_FILE].pop("shareProcessing")["internal"])
    later.put(POOL_FILE, "validateWorkerUsername", value=internal.pop("validateWorkerAddress"))
    later.put(POOL_FILE, "paymentProcessing", value=internal)
    later.put(
        POOL_FILE, "mposMode", value={"enabled": False, "checkPassword": True, "autoCreateWorker": False}
    )
    assert pool_of(later, tmp_path / "later") == pool_of(ConfigDir(), tmp_path / "seed")


@pytest.mark.parametrize(
    "steps", [("shareProcessing", "internal", "validateWorkerAddress"), ("validateWorkerUsername",)]
)
def test_the_address_check_can_be_turned_off_in_either_spelling(
    tmp_path: Path, steps: tuple[str, ...]
) -> None:
    config = ConfigDir()
    config.drop(POOL_FILE, "shareProcessing", "internal", "validateWorkerAddress")
    config.put(POOL_FILE, *steps, value=False)
    assert not pool_of(config, tmp_path).validate_worker_address


def test_addresses_are_checked_unless_turned_off(tmp_path: Path) -> None:
    config = ConfigDir()
    config.drop(POOL_FILE, "shareProcessing", "internal", "validateWorkerAddress")
    assert pool_of(config, tmp_path).validate_worker_address


def test_a_pool_takes_only_what_it_lacks_from_the_defaults(tmp_path: Path) -> None:
    config = ConfigDir()
    config.drop(POOL_FILE, "connectionTimeout")
    config.put(PORTAL_FILE, "defaultPoolConfigs", value={"connectionTimeout": 77, "jobRebroadcastTimeout": 1})
    pool = pool_of(config, tmp_path)
    assert (pool.connection_timeout_seconds, pool.job_rebroadcast_timeout_seconds) == (77, 55)


def test_a_problem_of_an_inherited_value_is_told_where_it_stands(tmp_path: Path) -> None:
    config = ConfigDir()
    config.drop(POOL_FILE, "daemons")
    config.put(PORTAL_FILE, "defaultPoolConfigs", value={"daemons": [{**DAEMON, "password": "test"}]})
    with pytest.raises(
        Exception, match=r"^config.json: defaultPoolConfigs.daemons\[0\].password: is an example"
    ):
        config.load(tmp_path)


def test_a_disabled_pool_is_no_pool_and_may_lack_variables_and_coin(tmp_path: Path) -> None:
    config = ConfigDir()
    disabled = {**config.files[POOL_FILE], "enabled": False, "coin": "none.json", "address": "${NOWHERE}"}
    config.files["pool_configs/Other Pool.json"] = {
        **disabled,
        "ports": {"${NOWHERE}": {"diff": "${NOWHERE}"}},
    }
    assert list(config.load(tmp_path).pools) == ["litecoin"]


def test_a_disabled_pool_is_still_checked_for_types(tmp_path: Path) -> None:
    config = ConfigDir()
    config.files["pool_configs/other.json"] = {**config.files[POOL_FILE], "enabled": False, "coin": 1}
    with pytest.raises(ConfigInvalid, match=r"^pool_configs/other.json: coin: expected text, found 1$"):
        config.load(tmp_path)


def test_a_cookie_file_is_a_login(tmp_path: Path) -> None:
    config = ConfigDir()
    config.put(
        POOL_FILE, "daemons", 1, value={"port": 1, "cookieFile": "/a/.cookie", "tls": True, "wallet": "w"}
    )
    expected = DaemonConfig(port=1, cookie_file=Path("/a/.cookie"), tls=True, wallet="w")
    assert pool_of(config, tmp_path).daemons[1] == expected


def test_the_portal_arrives(tmp_path: Path) -> None:
    config = ConfigDir()
    config.put(PORTAL_FILE, "webhooks", value=["https://hook.example/token", "${NO_HOOK:-}"])
    portal = config.load(tmp_path)
    assert portal.log_level == "debug"
    assert (portal.website.stratum_host, portal.website.miner_ips) == ("pool.example", "masked")
    assert portal.website.update_interval_seconds == 15
    assert portal.block_notify is not None
    assert portal.block_notify.port == 8117
    assert [url.get_secret_value() for url in portal.webhooks] == ["https://hook.example/token"]


def test_a_listener_that_is_off_does_not_arrive(tmp_path: Path) -> None:
    config = ConfigDir()
    config.drop(PORTAL_FILE, "blockNotifyListener")
    assert config.load(tmp_path).block_notify is None


def test_secrets_are_not_in_the_repr(tmp_path: Path) -> None:
    config = ConfigDir()
    config.put(PORTAL_FILE, "webhooks", value=["https://hook.example/token"])
    text = repr(config.load(tmp_path))
    assert "secret of the listener" not in text
    assert "a password of our own" not in text
    assert "token" not in text


@pytest.mark.parametrize("secret", ["../hunter2", "hunter2"])
@pytest.mark.parametrize(
    "steps",
    [("address",), ("coin",), ("ports", "3256", "diff"), ("shareProcessing", "internal", "feePercent")],
)
def test_a_refused_value_out_of_a_variable_is_not_quoted(
    tmp_path: Path, steps: tuple[str, ...], secret: str
) -> None:
    config = ConfigDir()
    config.environ = {"RPC": secret}
    config.put(POOL_FILE, *steps, value="${RPC}")
    with pytest.raises(ConfigInvalid, match=r"the value of \$\{RPC\}") as caught:
        config.load(tmp_path)
    assert "hunter2" not in str(caught.value)


def test_config_and_services_see_immutable_values(tmp_path: Path) -> None:
    portal: PortalConfig = ConfigDir().load(tmp_path)
    with pytest.raises(AttributeError):
        portal.log_level = "error"  # type: ignore[misc]
    with pytest.raises(ValueError, match="frozen"):
        portal.pools["litecoin"].ports[3256].diff = 1  # type: ignore[misc]


@given(st.integers(0, 999_999))
def test_fractions_and_percentages_agree(ppm: int) -> None:
    fraction = Decimal(ppm).scaleb(-6)
    assert ppm_of_fraction(fraction) == ppm_of_percent(fraction * 100) == ppm


@given(st.integers(0, 999_999), st.integers(1, 9))
def test_a_part_of_a_millionth_is_refused(ppm: int, digit: int) -> None:
    fraction = Decimal(ppm).scaleb(-6) + Decimal(digit).scaleb(-7)
    with pytest.raises(EncodingError):
        ppm_of_fraction(fraction)
    with pytest.raises(EncodingError):
        ppm_of_percent(fraction * 100)

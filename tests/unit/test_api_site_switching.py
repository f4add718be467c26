"""Getting started at a switching port: which coins it follows, and what the user name is."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from nompcore.bus import Bus
from nompcore.config import PortConfig, SwitchConfig
from nompcore.switching import SwitchState
from services.api.site.pages import Pages
from services.api.state.portal import Portal, open_portal
from tests.unit import api_samples as samples
from tests.unit.chain_samples import coin


def portal() -> Portal:
    litecoin = samples.pool_config()
    dogecoin = replace(litecoin, name="dogecoin", coin=coin("dogecoin.json"))
    pools = {pool.name: pool for pool in (dogecoin, litecoin)}
    switch = SwitchConfig(
        name="eu", algorithm="scrypt", ports={4444: PortConfig(diff=16)}, pools=tuple(sorted(pools))
    )
    config = replace(samples.portal_config(), pools=pools, switches={"eu": switch})
    return open_portal(config, cast(Bus, None), lambda: 0)


def test_a_switching_port_is_shown_with_its_coins_and_the_one_mined_now() -> None:
    here = portal()
    before = Pages(here).getting_started()
    here.switches.switches["eu"].state = SwitchState(
        switch="eu", algorithm="scrypt", pool=samples.POOL, since_ms=1, author="ann", reason="price"
    )
    after = Pages(here).getting_started()

    assert "All coins of scrypt" in before
    assert "Dogecoin, Litecoin" in before
    assert ("now Dogecoin" in before, "now Litecoin" in before) == (True, False)
    assert ("now Dogecoin" in after, "now Litecoin" in after) == (False, True)
    assert 'id="switch-eu"' in before
    assert "stratum+tcp://pool.example:4444" in before
    assert "YOUR_ADDRESS_OR_MINING_KEY" in before


def test_without_switches_nothing_speaks_of_them() -> None:
    here = open_portal(samples.portal_config(), cast(Bus, None), lambda: 0)
    assert "MINING_KEY" not in Pages(here).getting_started()

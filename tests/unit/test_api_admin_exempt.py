"""Which addresses no order may ban."""

from __future__ import annotations

import dataclasses

import pytest

from nompcore.config.banning import BanningSection
from services.api.admin.exempt import exempting_pool
from tests.unit import api_samples as samples

EXEMPT = ["203.0.113.0/24", "2001:db8:1::/48"]
POOLS = {
    "aaa": samples.pool_config(name="aaa"),
    "farm": dataclasses.replace(
        samples.pool_config(name="farm"), banning=BanningSection.model_validate({"exempt": EXEMPT})
    ),
}


@pytest.mark.parametrize("ip", ["203.0.113.7", "2001:db8:1:2::9", "2001:db8:1:2::/64"])
def test_an_exempt_address_is_told_with_its_pool(ip: str) -> None:
    assert exempting_pool(ip, POOLS) == "farm"


@pytest.mark.parametrize("ip", ["203.0.114.7", "2001:db8:2::1", "rubbish", ""])
def test_every_other_one_may_be_banned(ip: str) -> None:
    assert exempting_pool(ip, POOLS) is None

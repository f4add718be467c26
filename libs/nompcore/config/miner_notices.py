"""What miners may be told, and by which ways: the section as files have it, and what the services get."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr
from pydantic_core import PydanticCustomError

from nompcore.config.section import Section, key
from nompcore.config.values import Expected, NetworkText

RECIPIENT = "{recipient}"

_MAIL = re.compile(r"mailtos?://\S+")


def _require_mail(value: SecretStr) -> SecretStr:
    """An empty text is what `${VAR:-}` gives: no mail."""
    url = value.get_secret_value()
    if url and not (_MAIL.fullmatch(url) and url.count(RECIPIENT) == 1):
        raise PydanticCustomError("mail", "expected a mailto:// or mailtos:// URL with {recipient} in it")
    return value


def _without_slash(url: str) -> str:
    return url.rstrip("/")


_PublicUrl = Annotated[
    str,
    Field(pattern=r"^(https?://[A-Za-z0-9.:\[\]_-]+(/[A-Za-z0-9._~-]+)*/?)?$"),
    AfterValidator(_without_slash),
    Expected('a URL without a query, such as "https://pool.example.org"'),
]
_MailUrl = Annotated[SecretStr, AfterValidator(_require_mail), Expected("a mailto:// URL with {recipient}")]


class MinerNoticesSection(Section):
    """Miners are told of their workers and payments; off while `publicUrl` is not given."""

    public_url: Annotated[
        _PublicUrl,
        key("publicUrl", "where miners reach the web site: each message has a link that ends it", ours=True),
    ] = ""
    miner_mail: Annotated[
        _MailUrl,
        key(
            "minerMail",
            "Apprise mailto:// URL that mail goes by, `{recipient}` in place of the miner's; none: no mail",
            ours=True,
        ),
    ] = SecretStr("")
    networks: Annotated[
        list[NetworkText],
        key(
            "networks", "networks of your own that miners' webhooks may reach; public ones always", ours=True
        ),
    ] = Field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class MinerNoticesConfig:
    """How miners are told. `public_url` is empty where they are not, `mail` where not by mail."""

    public_url: str = ""
    mail: SecretStr = field(default_factory=lambda: SecretStr(""))
    networks: tuple[str, ...] = ()

    @property
    def enabled(self) -> bool:
        """Whether miners are told anything."""
        return bool(self.public_url)


def miner_notices_config(section: MinerNoticesSection) -> MinerNoticesConfig:
    """What services get of the section."""
    return MinerNoticesConfig(
        public_url=section.public_url, mail=section.miner_mail, networks=tuple(section.networks)
    )

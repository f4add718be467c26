"""NOMP's Redis and MySQL sections: accepted, so that its files load, and why they have no effect."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import SecretStr

from nompcore.config.section import Section, key
from nompcore.config.values import PortNumber, Secret, Switch, Text

REDIS_BY_ENVIRONMENT = "REDIS_URL of the environment says where Redis is"
MPOS_INACTIVE = "shares are not written to an MPOS database"


class RedisSection(Section):
    """Where NOMP finds Redis."""

    host: Annotated[Text, key("host", "name or address of the machine")] = "127.0.0.1"
    port: Annotated[PortNumber, key("port", "its port")] = 6379


class MposSection(Section):
    """Shares go into the MySQL database of MPOS. `shareProcessing.mpos` and `mposMode` take the same keys."""

    enabled: Annotated[Switch, key("enabled", "turn it on")] = False
    host: Annotated[Text, key("host", "MySQL host")] = "127.0.0.1"
    port: Annotated[PortNumber, key("port", "MySQL port")] = 3306
    user: Annotated[str, key("user", "MySQL user")] = ""
    password: Annotated[Secret, key("password", "MySQL password")] = SecretStr("")
    database: Annotated[str, key("database", "MySQL database")] = ""
    stratum_auth: Annotated[
        Literal["password", "worker", "none"], key("stratumAuth", "what of a miner's login is checked")
    ] = "password"
    check_password: Annotated[
        Switch, key("checkPassword", "check a miner's password too (later spelling of `stratumAuth`)")
    ] = True
    auto_create_worker: Annotated[
        Switch, key("autoCreateWorker", "add unknown workers to known accounts")
    ] = False

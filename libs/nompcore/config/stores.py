"""NOMP's Redis and MySQL sections. Redis is found by the environment, MPOS's database by its section."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import SecretStr

from nompcore.config.section import Section, key
from nompcore.config.values import Expected, PortNumber, Secret, Switch, Text

REDIS_BY_ENVIRONMENT = "REDIS_URL of the environment says where Redis is"


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
        Literal["password", "worker", "none"] | None,
        Expected('"password", "worker" or "none"'),
        key("stratumAuth", "what of a miner's login is checked; `password` if nothing else is said"),
    ] = None
    check_password: Annotated[
        Switch | None,
        key("checkPassword", "check passwords too (later spelling of `stratumAuth`); true if not given"),
    ] = None
    auto_create_worker: Annotated[
        Switch, key("autoCreateWorker", "add unknown workers to known accounts")
    ] = False

"""A coin daemon: where it answers JSON-RPC and how the pool proves who it is."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from nompcore.config.section import Section, key
from nompcore.config.values import Expected, FilePath, PortNumber, Secret, Switch, Text

MAX_IPC_PATH_BYTES = 107  # what a socket address has room for

_TCP = re.compile(r"tcp://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})")


def _require_zmq_url(url: str) -> str:
    """A URL that ZMQ can connect to; `tcp://*:28332` is one to publish at."""
    tcp = _TCP.fullmatch(url)
    if tcp and 0 < int(tcp[2]) < 1 << 16:
        return url
    scheme, _, path = url.partition("://")
    if scheme == "ipc" and 0 < len(path.encode()) <= MAX_IPC_PATH_BYTES:
        return url
    raise ValueError("neither host and port nor a path")


ZmqUrl = Annotated[
    str, AfterValidator(_require_zmq_url), Expected('a URL such as "tcp://127.0.0.1:28332" or "ipc:///path"')
]


class DaemonConfig(Section):
    """One coin daemon. It is asked with user and password, or with its cookie file, never both."""

    host: Annotated[Text, key("host", "name or address of the machine")] = "127.0.0.1"
    port: Annotated[PortNumber, key("port", "its `rpcport`")]
    user: Annotated[str, key("user", "its `rpcuser`")] = ""
    password: Annotated[Secret, key("password", "its `rpcpassword`")] = SecretStr("")
    cookie_file: Annotated[
        FilePath | None,
        key(
            "cookieFile",
            "its `.cookie`, read anew at each connection; instead of user and password",
            ours=True,
        ),
    ] = None
    tls: Annotated[
        Switch, key("tls", "speak HTTPS, where a proxy in front of the daemon does", ours=True)
    ] = False
    wallet: Annotated[
        Text | None, key("wallet", "the wallet to use, where the daemon has several loaded", ours=True)
    ] = None
    zmq: Annotated[
        ZmqUrl | None,
        key(
            "zmq",
            "where it publishes hashblock (its `zmqpubhashblock`), to hear of blocks at once",
            ours=True,
        ),
    ] = None

    @model_validator(mode="after")
    def _one_way_to_log_in(self) -> DaemonConfig:
        has_login = bool(self.user or self.password.get_secret_value())
        if has_login and self.cookie_file:
            raise PydanticCustomError("login", "give either user and password or cookieFile, not both")
        if not self.user and not self.cookie_file:
            raise PydanticCustomError("login", "needs user and password, or cookieFile")
        return self

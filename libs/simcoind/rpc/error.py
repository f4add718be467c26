"""The one error of the RPC: a number, which is the contract, and a text.

Numbers are those of the reference node (its `rpc/protocol.h`), used for the same causes.
"""

from __future__ import annotations

MISC = -1
INVALID_AMOUNT = -3  # "type error" in the reference node; bad amounts are its commonest
WALLET = -4
INVALID_ADDRESS_OR_KEY = -5
INSUFFICIENT_FUNDS = -6
INVALID_PARAMETER = -8
NOT_CONNECTED = -9
INITIAL_DOWNLOAD = -10
WALLET_NOT_FOUND = -18
WALLET_NOT_SPECIFIED = -19
DESERIALIZATION = -22
VERIFY = -25
VERIFY_REJECTED = -26
ALREADY_IN_CHAIN = -27
IN_WARMUP = -28
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
PARSE = -32700


class RpcError(Exception):
    """A call answered with an error."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text

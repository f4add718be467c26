"""What keeps a wallet from working, in words for its operator. Pure: reads errors of the daemon."""

from __future__ import annotations

from typing import Final

from nompcore.errors import DaemonError, DaemonHttpFault, DaemonRefused, NompError

UNKNOWN_METHOD: Final = -32601

_TEXTS: Final = {
    -13: "the wallet is locked: unlock it with walletpassphrase, or run it without a passphrase",
    -15: "the wallet is locked in a way that this daemon does not expect (wrong encryption state)",
    -17: "the wallet says that it is unlocked already, and yet it does not sign",
    -18: "the wallet is not loaded: loadwallet, or the configuration names a wrong `wallet`",
    -19: "the daemon has several wallets loaded: name one as the daemon's `wallet` in the configuration",
}
_NO_WALLET: Final = "the daemon has no wallet loaded, or was built or started without one"
_WRONG_PATH: Final = (
    "the daemon answers HTTP 404: it knows no wallets by path, or what answers there is no coin daemon; "
    "check its address and `wallet`"
)


class WalletUnavailable(NompError):  # noqa: N818 - it says what happened, as those of nompcore.errors do
    """The wallet cannot be used until somebody does something about it; the text says what."""


def trouble(error: DaemonError) -> str | None:
    """What is wrong with the wallet; None where the error is about something else."""
    if isinstance(error, DaemonHttpFault):
        return _WRONG_PATH if str(error).endswith("HTTP 404") else None
    if not isinstance(error, DaemonRefused):
        return None
    if error.code == UNKNOWN_METHOD and "wallet" in error.text.lower():
        return _NO_WALLET
    return _TEXTS.get(error.code)

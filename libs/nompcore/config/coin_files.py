"""The coins directory: from a file name in a pool file to a `Coin`."""

from __future__ import annotations

from pathlib import Path

from nompcore.coin import Coin, parse_coin
from nompcore.config.document import Document, read_json
from nompcore.config.problems import ConfigProblem, Findings, Loc, nearest
from nompcore.errors import CoinError

_LOC: Loc = ("coin",)


def load_coin(coins_dir: Path, file_name: str, document: Document, findings: Findings) -> Coin | None:
    """The coin a pool file names; None, with a problem, where there is no such coin."""
    found = document.quoted(_LOC, file_name)
    if Path(file_name).name != file_name or file_name.startswith(".") or "\\" in file_name:
        text = f"expected the name of a file in the coins directory, found {found}"
        findings.problem(document.at(_LOC, text))
        return None
    path = coins_dir / file_name
    if not path.is_file():
        findings.problem(document.at(_LOC, f"no file {found} in {coins_dir}; {_known(coins_dir, file_name)}"))
        return None
    label = f"coins/{file_name}"
    tree = read_json(path, label, findings, parse_float=float)
    if tree is None:
        return None
    try:
        return parse_coin(label, tree)
    except CoinError as error:
        findings.problem(ConfigProblem(label, "", str(error).removeprefix(f"{label}: ")))
        return None


def _known(coins_dir: Path, file_name: str) -> str:
    names = sorted(path.name for path in coins_dir.glob("*.json"))
    close = nearest(file_name, names)
    if close is not None:
        return f'did you mean "{close}"?'
    return f"it has {', '.join(names)}" if names else "it has no coins"

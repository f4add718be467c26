"""The configuration's files: shown without secrets, and checked as services check them when they start."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nompcore.config import ConfigInvalid, PortalConfig, load_config
from nompcore.config.document import read_json
from nompcore.config.loading import POOLS_DIR, PORTAL_FILE
from nompcore.config.problems import Findings
from services.api.admin.masked_config import masked


@dataclass(frozen=True, slots=True)
class ConfigFiles:
    """Where the configuration is, and the variables that it is read with."""

    config_dir: Path
    coins_dir: Path
    environ: Mapping[str, str]

    def problems(self) -> list[str]:
        """Why services would not start with the files as they are now; one line each, as they would print."""
        try:
            load_config(self.config_dir, self.coins_dir, self.environ)
        except ConfigInvalid as error:
            return [str(problem) for problem in error.problems]
        return []

    def read(self) -> PortalConfig | None:
        """What services would run with; None where the files are wrong."""
        try:
            return load_config(self.config_dir, self.coins_dir, self.environ)
        except ConfigInvalid:
            return None

    def shown(self) -> list[tuple[str, str]]:
        """Each file's name and its text without secrets; of a file that cannot be read, why."""
        pools = sorted((self.config_dir / POOLS_DIR).glob("*.json"))
        names = [PORTAL_FILE, *(f"{POOLS_DIR}/{path.name}" for path in pools)]
        return [(name, self._text(name)) for name in names]

    def _text(self, name: str) -> str:
        findings = Findings()
        tree = read_json(self.config_dir / name, name, findings, parse_float=float)
        if tree is None:
            return "\n".join(map(str, findings.problems))
        return json.dumps(masked(tree), indent=2, ensure_ascii=False)

"""One target under atheris: `python -m tests.fuzz.fuzzer TARGET [libFuzzer options] [corpus directory]`."""

from __future__ import annotations

import importlib
import sys

import atheris  # type: ignore[import-untyped]

# The fuzzer is to look into stratum and the verdict about a share, not into what those are made of.
AS_IT_IS = ("nompcore.job", "nompcore.messages", "nompcore.template", "nompcore.coin")
INSTRUMENTED = (
    "nompcore.share",
    *(f"services.stratum.{name}" for name in ("entrance", "ip_group", "session", "time_outs")),
)

for name in AS_IT_IS:
    importlib.import_module(name)
with atheris.instrument_imports(include=["services", "nompcore"]):
    for name in INSTRUMENTED:
        importlib.import_module(name)

from tests.fuzz.mutation import mutated  # noqa: E402
from tests.fuzz.targets import TARGETS  # noqa: E402


def _mutate(data: bytes, max_size: int, seed: int) -> bytes:
    """Half of the changes by bytes, half by lines."""
    changed = atheris.Mutate(data, max_size) if seed & 1 else mutated(data, seed)
    return bytes(changed[:max_size])


def main() -> None:
    """Fuzz until the options say stop or something breaks."""
    target_name, *options = sys.argv[1:]
    target = TARGETS[target_name]
    command = f"{sys.executable} -m tests.fuzz.fuzzer {target_name}"  # as which libFuzzer starts itself again
    atheris.Setup(
        [command, f"-max_len={target.longest_input}", *options],
        target.make_check(),
        custom_mutator=_mutate,
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()

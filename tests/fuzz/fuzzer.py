"""One target under atheris: `python -m tests.fuzz.fuzzer TARGET [libFuzzer options] [corpus directory]`."""

from __future__ import annotations

import importlib
import sys

import atheris  # type: ignore[import-untyped]

# The fuzzer is to look into what reads strangers' bytes, not into what that is made of.
AS_IT_IS = (
    *(f"nompcore.{name}" for name in ("job", "messages", "template", "coin", "config", "switching")),
    "services.notifier.line_listener",
)
INSTRUMENTED = (
    *(f"nompcore.{name}" for name in ("share", "signed_message", "subscriptions", "upstream_job")),
    *(f"services.stratum.{name}" for name in ("entrance", "ip_group", "session", "time_outs")),
    *(f"services.notifier.{name}" for name in ("command", "notice", "switch_line")),
    *(f"services.api.subscribing.{name}" for name in ("challenge", "links")),
    "services.jobmaker.upstream.dialogue",
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

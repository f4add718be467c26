"""What of a pool file does not go together with an upstream pool."""

from __future__ import annotations

from nompcore.config.dialect import payment_sections
from nompcore.config.document import Document
from nompcore.config.pool_file import PoolFile
from nompcore.config.problems import Findings
from nompcore.config.upstream import UpstreamSection

SCHEMES = ("prop", "pplnt", "score")
ONLY_THESE = (
    "with `upstream` only prop, pplnt and score: what comes is the upstream pool's payments, which no share "
    "of ours and no network difficulty stands for"
)
NO_OWN = "not with `upstream`: its payments are one sum for all ports"
NOT_OURS = "no effect on the upstream pool's blocks: it alone makes their coinbases"


def check_upstream(file: PoolFile, document: Document, findings: Findings) -> UpstreamSection | None:
    """The section where it is enabled; problems and warnings for what it makes untrue."""
    section = file.upstream
    if section is None or not section.enabled:
        return None
    for placed in payment_sections(file):
        if placed.section.enabled and placed.section.scheme not in SCHEMES:
            findings.problem(document.at((*placed.loc, "scheme"), ONLY_THESE))
    for number, port in file.ports.items():
        if port.scheme is not None:
            findings.problem(document.at(("ports", str(number), "scheme"), NO_OWN))
    if file.reward_recipients:
        findings.warn(document.at(("rewardRecipients",), NOT_OURS))
    return section

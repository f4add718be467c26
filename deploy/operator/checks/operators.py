"""Who may log in to the admin center: is every line of ADMIN_USERS one?"""

from __future__ import annotations

from deploy.operator.checks.ground import Ground
from deploy.operator.findings import Finding, fine, wrong
from nompcore.settings import SettingsInvalid
from services.api.admin.operators import read_operators


async def check_operators(ground: Ground) -> list[Finding]:
    """Nothing to say where there is no admin center."""
    try:
        operators = read_operators(ground.settings.admin_users)
    except SettingsInvalid as invalid:
        return [_bad_line(problem) for problem in invalid.problems]
    if not operators:
        return [fine("operators", "environment: ADMIN_USERS", "empty, so there is no admin center")]
    return [fine("operators", "environment: ADMIN_USERS", f"{len(operators)} may log in")]


def _bad_line(problem: str) -> Finding:
    name, _, text = problem.partition(": ")
    return wrong(
        "admin-users", f"environment: {name}", text, why="the api ends with exit code 2",
        mend="make the line with `python -m services.api.admin.password <name>` and copy it whole, its $ "
        "signs "
        "too (in a compose file each is written $$)",
    )  # fmt: skip

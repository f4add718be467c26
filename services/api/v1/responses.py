"""Answers that several routes of /api/v1 document."""

from __future__ import annotations

from typing import Any

from services.api.views.models import ProblemDocument

Responses = dict[int | str, dict[str, Any]]

NOT_FOUND: Responses = {404: {"model": ProblemDocument}}
UNAVAILABLE: Responses = {503: {"model": ProblemDocument}}
PAYOUTS_ANSWERS: Responses = NOT_FOUND | UNAVAILABLE

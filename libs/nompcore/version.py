"""The version that services announce; `pyproject.toml` says the same, which a test checks."""

from __future__ import annotations

VERSION = "0.1.0"

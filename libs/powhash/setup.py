"""The extension of the wheel: what build.py compiles, with the same flags."""

from __future__ import annotations

import runpy
from pathlib import Path

from setuptools import Extension, setup

HERE = Path(__file__).parent

setup(
    ext_modules=[
        Extension(
            "powhash._native",
            sources=[str(path.relative_to(HERE)) for path in sorted((HERE / "csrc").glob("*.c"))],
            depends=[str(path.relative_to(HERE)) for path in sorted((HERE / "csrc").glob("*.h"))],
            extra_compile_args=list(runpy.run_path(str(HERE / "build.py"))["FLAGS"]),
            extra_link_args=["-pthread"],
            py_limited_api=True,
        )
    ]
)

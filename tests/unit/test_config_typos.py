"""A slip in any single key is named, with the key that was meant."""

from __future__ import annotations

import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nompcore.config.pool_file import PoolFile
from nompcore.config.portal_file import PortalFile
from nompcore.config.problems import Loc, key_path, nearest
from nompcore.config.section import Section
from nompcore.config.shape import shape_at
from tests.unit.config_dir import POOL_FILE, PORTAL_FILE, ConfigDir, problems_of

ROOTS: dict[str, type[Section]] = {PORTAL_FILE: PortalFile, POOL_FILE: PoolFile}


def fixed_keys(root: type[Section], tree: Any, above: Loc = ()) -> Iterator[Loc]:
    """The places of all keys in a tree that are not free to choose, as ports are."""
    items: Any = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        loc = (*above, key)
        shape = shape_at(root, above)
        if shape is not None and key in shape.fields():
            yield loc
        yield from fixed_keys(root, value, loc)


PLACES = [(file, loc) for file, root in ROOTS.items() for loc in fixed_keys(root, ConfigDir().files[file])]


@st.composite
def slips(draw: st.DrawFn, key: str) -> str:
    """The key with one letter removed, added or replaced."""
    position = draw(st.integers(0, len(key) - 1))
    letter = draw(st.sampled_from(string.ascii_letters))
    removed = draw(st.integers(0, 1))
    added = draw(st.sampled_from(["", letter]))
    return key[:position] + added + key[position + removed :]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("typos")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_slip_in_one_key_is_the_one_line_told(directory: Path, data: st.DataObject) -> None:
    file, loc = data.draw(st.sampled_from(PLACES))
    key, known = str(loc[-1]), shape_at(ROOTS[file], loc[:-1])
    assert known is not None
    slip = data.draw(slips(key).filter(lambda text: text not in known.fields()))
    config = ConfigDir()
    value = config.files[file]
    for step in loc:
        value = value[step]
    config.drop(file, *loc)
    config.put(file, *loc[:-1], slip, value=value)
    config.write(directory)
    (line,) = problems_of(directory, {})
    assert line.startswith(f"{file}: {key_path((*loc[:-1], slip))}: unknown key")


def test_there_are_keys_to_slip_in() -> None:
    assert len(PLACES) > 60


@given(st.data(), st.sampled_from(sorted({str(loc[-1]) for _, loc in PLACES if len(str(loc[-1])) > 5})))
def test_a_slip_in_a_longer_word_finds_the_word(data: st.DataObject, word: str) -> None:
    assert nearest(data.draw(slips(word)), [word, "zzzzzz"]) == word


@pytest.mark.parametrize(
    ("loc", "expected"),
    [((), ""), (("a",), "a"), (("daemons", 1, "host"), "daemons[1].host"), (("ports", "3032"), "ports.3032")],
)
def test_a_place_is_written_as_people_do(loc: Loc, expected: str) -> None:
    assert key_path(loc) == expected

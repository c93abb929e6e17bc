"""A small right definition to spoil, and the world it is held against."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ltc.definition.build import World
from ltc.definition.compile import Compiled, load_checked
from ltc.definition.errors import DefinitionError

ROLES = {"finance": ["fay", "finn", "fred"], "credit": ["cora", "carl"], "sales_manager": ["sam"], "nobody": []}
CALENDARS = {"cn": 450, "us": 480}


@pytest.fixture(scope="session")
def world() -> World:
    return World(roles=ROLES, calendars=CALENDARS)


@pytest.fixture(scope="session")
def base() -> str:
    return (Path(__file__).parent / "base.yaml").read_text(encoding="utf-8")


@pytest.fixture
def load(world: World) -> Callable[[str], Compiled]:
    return lambda text: load_checked(text, world)


@pytest.fixture
def complain(base: str, load: Callable[[str], Compiled]) -> Callable[[str, str], tuple[list[str], str]]:
    """Put a spoilt passage in; return the complaints as ``code line:column`` and the place the ``§`` marks."""

    def spoil(old: str, new: str) -> tuple[list[str], str]:
        assert base.count(old) == 1, f"{old!r} stands {base.count(old)} times in base.yaml"
        text = base.replace(old, new)
        offset = text.index("§")
        line, column = text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
        try:
            load(text.replace("§", ""))
        except DefinitionError as error:
            return [f"{p.code} {p.line}:{p.column}" for p in error.problems], f"{line}:{column}"
        return [], f"{line}:{column}"

    return spoil

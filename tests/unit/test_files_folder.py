"""The file store: content-addressed, atomic, verified, and clear about what it does not take."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from ltc.adapters.files_folder import FolderFiles, parse_size
from ltc.ports.errors import Unavailable
from ltc.ports.files import FileDamaged, FileMissing, FileRefused

PDF = b"%PDF-1.7 protocol"


@pytest.fixture
def files(tmp_path: Path) -> FolderFiles:
    return FolderFiles(tmp_path / "files", 1024, ["pdf", "txt"])


def test_a_file_is_kept_once_under_its_digest_and_comes_back_whole(files: FolderFiles) -> None:
    first, again = files.put(PDF, "a.pdf"), files.put(PDF, "folder/b.PDF")
    assert first.sha256 == again.sha256 == hashlib.sha256(PDF).hexdigest()
    assert (first.name, again.name, again.kind, first.size) == ("a.pdf", "b.PDF", "pdf", len(PDF))
    assert files.kept() == [first.sha256]
    assert files.get(first.sha256) == PDF
    assert [path.name for path in files.folder.rglob("*") if path.is_file()] == [first.sha256[2:]]


@pytest.mark.parametrize(
    ("data", "name", "why"),
    [
        (b"%PDF-" + b"x" * 1024, "big.pdf", "more than 1.0 KB"),
        (b"", "a.pdf", "is empty"),
        (b"MZ", "a.exe", "is exe; taken are pdf, txt"),
        (b"x", "plain", "of no known kind"),
        (b"MZ", "a.pdf", "is called pdf but is none"),
        (b"x", "a\n.txt", "no usable name"),
        (b"x", "x" * 300 + ".txt", "no usable name"),
        (b"x", "folder/", "no usable name"),
    ],
)
def test_what_is_not_taken_says_why(files: FolderFiles, data: bytes, name: str, why: str) -> None:
    with pytest.raises(FileRefused, match=why):
        files.put(data, name)
    assert files.kept() == []


def test_a_damaged_file_is_noticed_when_read_and_mended_when_put_again(files: FolderFiles) -> None:
    kept = files.put(PDF, "a.pdf")
    path = files.folder / kept.sha256[:2] / kept.sha256[2:]
    path.write_bytes(b"something else")
    with pytest.raises(FileDamaged, match="restore it from a backup"):
        files.get(kept.sha256)
    files.put(PDF, "a.pdf")
    assert files.get(kept.sha256) == PDF


@pytest.mark.parametrize("name", ["0" * 64, "../../etc/passwd", "ABC", ""])
def test_only_a_digest_names_a_file(files: FolderFiles, name: str) -> None:
    with pytest.raises(FileMissing):
        files.get(name)
    assert not files.has(name)


def test_nothing_is_left_of_a_write_that_failed(files: FolderFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable, match="No space left"):
        files.put(PDF, "a.pdf")
    assert [path for path in files.folder.rglob("*") if path.is_file()] == []


def test_a_file_is_as_old_as_its_last_use_and_goes_when_it_is_removed(files: FolderFiles) -> None:
    name = files.put(PDF, "a.pdf").sha256
    path = files.folder / name[:2] / name[2:]
    for use in (lambda: files.put(PDF, "again.pdf"), lambda: files.has(name)):
        os.utime(path, (1_000_000_000, 1_000_000_000))
        assert files.used(name).year == 2001
        use()
        assert files.used(name).year > 2020
    files.remove(name)
    files.remove(name)
    assert (files.has(name), files.kept()) == (False, [])
    with pytest.raises(FileMissing):
        files.used(name)


@pytest.mark.parametrize(("text", "size"), [("500KB", 512_000), ("20MB", 20 * 1024**2), ("1 GB", 1024**3)])
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size
    with pytest.raises(ValueError, match="write it as"):
        parse_size("much")

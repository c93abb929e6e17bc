"""Writes the skeleton of an adapter: a package that passes lint and fails the contract suite case by case."""

from __future__ import annotations

import re
from pathlib import Path

from ltc.cli.exits import BadUsageError

_FOLDER = Path(__file__).with_name("adapter_skeleton")
_NAME = re.compile(r"[a-z][a-z0-9_]{1,30}")


def files(name: str) -> dict[str, str]:
    """Return the texts of the skeleton by their path in it.

    Raises:
        BadUsageError: the name is none.
    """
    if not _NAME.fullmatch(name):
        raise BadUsageError(f"{name!r} is no name of an adapter: lower-case letters, digits and _, as in acme_erp")
    package = f"ltc_{name}"
    places = {
        "pyproject.toml": "pyproject.toml", "README.md": "README.md", f"{package}/__init__.py": "init.py",
        f"{package}/adapter.py": "adapter.py", f"{package}/rig.py": "rig.py", f"{package}/mapping.yaml": "mapping.yaml",
        "tests/test_contract.py": "test_contract.py",
    }  # fmt: skip
    words = {"@NAME@": name, "@CLASS@": "".join(part.title() for part in name.split("_")), "@UPPER@": name.upper()}
    return {place: _filled((_FOLDER / f"{file}.tmpl").read_text("utf-8"), words) for place, file in places.items()}


def write(name: str, out: Path) -> list[Path]:
    """Write the skeleton under a folder that does not exist yet, or is empty; return what was written.

    Raises:
        BadUsageError: the name is none, or the folder holds something.
    """
    texts = files(name)
    try:
        if out.is_dir() and any(out.iterdir()):
            raise BadUsageError(f"{out} holds something; choose another folder with --out")
        made = []
        for place, text in texts.items():
            path = out / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            made.append(path)
    except OSError as error:
        raise BadUsageError(f"{out}: {error.strerror}; choose another folder with --out") from None
    return made


def _filled(text: str, words: dict[str, str]) -> str:
    for mark, word in words.items():
        text = text.replace(mark, word)
    return text

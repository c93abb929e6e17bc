"""The operations page names only commands and options that exist, and every command there is."""

import re
from pathlib import Path
from typing import Any

import pytest

from ltc.cli.lazy import load
from ltc.cli.main import _MOUNTS
from ltc.cli.stuck_cmd import REASONS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
NEIGHBOURS = ("def", "sandbox", "demo", "adapter")  # told on pages of their own


def commands(besides: tuple[str, ...] = NEIGHBOURS) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in _MOUNTS:
        if name not in besides:
            command = load(_MOUNTS[name].module, name)
            below = getattr(command, "commands", None)
            found.update({f"{name} {sub}": one for sub, one in below.items()} if below else {name: command})
    return found


ALL = commands()
TYPED = commands(())
SAID = [line[2:] for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("$ ltc ")]
SAID += re.findall(r"`(ltc [a-z][^`…]*)`", PAGE.read_text(encoding="utf-8"))


def options_of(command: Any) -> set[str]:
    return {name for param in command.params for name in (*param.opts, *param.secondary_opts)} | {"-o", "--help"}


@pytest.mark.parametrize("line", sorted(set(SAID)))
def test_what_the_page_says_can_be_typed(line):
    words = line.split()[1:]
    name = " ".join(words[:2]) if " ".join(words[:2]) in TYPED else words[0]
    known = name in TYPED or any(one.startswith(f"{name} ") for one in TYPED)
    assert known, f"there is no command ltc {name}"
    if name in TYPED:
        said = set(re.findall(r"(?<=[ \[])--?[a-z][a-z-]*", line))
        assert said <= options_of(TYPED[name]), line


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_command_stands_on_the_page(name):
    assert f"ltc {name}" in PAGE.read_text(encoding="utf-8") or f"`{name.split()[-1]}`" in PAGE.read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize("reason", REASONS)
def test_every_stuck_reason_stands_on_the_page(reason):
    assert f"| `{reason}` |" in PAGE.read_text(encoding="utf-8")


def test_every_reason_for_a_hold_stands_on_the_page():
    core = Path(__file__).resolve().parents[2] / "ltc" / "core"
    source = "\n".join(path.read_text() for path in sorted(core.glob("*.py")))
    reasons = set(re.findall(r'turn\.hold\([a-z_A-Z.]+, "([a-z_]+)"', source))
    reasons |= set(re.findall(r'moves\.react\([^"]*"([a-z_]+)"', source)) - {"sent_back", "rejected"}
    assert len(reasons) > 10
    missing = {one for one in reasons if f"| `{one}`" not in PAGE.read_text(encoding="utf-8")}
    assert missing == set()


def test_the_reasons_are_those_of_the_classifier():
    from ltc.store.stuck_facts import REASONS as THEIRS

    assert set(REASONS) == set(THEIRS)

"""Help pages and usage errors in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer

from ltc.cli.text import columns_of
from ltc.wording import fill, foreign, label, say

_NOTES = re.compile(r"^(?P<text>.*?)(?P<notes>(?:  ?\[[^\]]*\])*)$", re.DOTALL)
_Formatter: Any = typer.Context.formatter_class


class Formatter(_Formatter):  # type: ignore[misc]
    """Writes a help page; every sentence of it passes through here."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write the line of usage."""
        super().write_usage(prog, args, prefix or f"{label('Usage')}: ")

    def write_heading(self, heading: str) -> None:
        """Write the heading of a section."""
        super().write_heading(label(heading))

    def write_text(self, text: str) -> None:
        """Write a paragraph: what a command does."""
        for line in _wrapped(_whole(text), self.width - self.current_indent):
            self.write(f"{'':>{self.current_indent}}{line}\n")

    def write_dl(self, rows: Sequence[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write a list of names and what they mean."""
        first = min(max((len(name) for name, _ in rows), default=0), col_max) + col_spacing
        for name, text in rows:
            lines = _wrapped(noted(text), self.width - self.current_indent - first) or [""]
            head = f"{'':>{self.current_indent}}{name}"
            if len(name) > first - col_spacing:
                self.write(f"{head}\n")
                head = ""
            self.write(f"{head:<{first + self.current_indent}}{lines[0]}".rstrip() + "\n")
            for line in lines[1:]:
                self.write(f"{'':>{first + self.current_indent}}{line}\n")


class _Context(typer.Context):
    formatter_class = Formatter


def noted(text: str) -> str:
    """Say the text of an option with what stands behind it in brackets: its default, its variable, its range."""
    found = _NOTES.fullmatch(text)
    if not found:
        return _whole(text)
    notes = found["notes"]
    for word in ("default: ", "env var: ", "required"):
        notes = notes.replace(word, label(word))
    return _whole(found["text"]) + notes


def _whole(text: str) -> str:
    return say(" ".join(text.split()))


def _wrapped(text: str, width: int) -> list[str]:
    """Break a text into lines; Chinese may be broken between any two characters, and they are twice as wide."""
    lines, line = [], ""
    for piece in re.findall(r"[!-~]+|.", text):
        if line and columns_of(line + piece) > max(width, 20):
            lines.append(line.rstrip())
            line = ""
        line += piece if line or piece != " " else ""
    return [*lines, line] if line else lines


def speak(command: Any) -> Any:
    """Have a command and all below it write their help in the reader's language."""
    if foreign():
        command.context_class = _Context
        for inner in getattr(command, "commands", {}).values():
            speak(inner)
    return command


@contextmanager
def spoken() -> Iterator[None]:
    """Have usage errors raised inside tell their message in the reader's language."""
    try:
        yield
    except Exception as error:
        if foreign() and hasattr(error, "format_message") and hasattr(error, "show"):
            message = _told(error)
            error.show = lambda *_, **__: typer.echo(message, err=True)
        raise


def _told(error: Any) -> str:
    context, lines = getattr(error, "ctx", None), []
    message = error.format_message()
    if type(error).__name__ == "NoArgsIsHelpError":
        return str(message)
    if context is not None:
        hint = fill("Try '{command} --help' for help.", command=context.command_path)
        lines = [
            f"{label('Usage')}{context.get_usage().partition(':')[1]}{context.get_usage().partition(':')[2]}",
            hint,
            "",
        ]
    return "\n".join([*lines, fill("error: {message}", message=say(message))])

"""Command groups that are imported when they run, not when they are listed."""

from __future__ import annotations

import importlib
import logging
import os
import sys
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

import typer
from typer.core import TyperGroup

from ltc.cli.errors import translate
from ltc.cli.exits import CliError, Code
from ltc.wording import UnknownLanguageError, fill, foreign, language, say


class Mount(NamedTuple):
    """Where a command lives: ``module`` has a Typer ``app``. ``help`` is shown without importing it."""

    module: str
    help: str


class LazyGroup(TyperGroup):
    """A group whose commands are stubs until one of them is called."""

    mounts: ClassVar[dict[str, Mount]] = {}

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands, in the order of the table."""
        return [*self.mounts, *super().list_commands(ctx)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command, or for a mounted one a stub that knows its help only."""
        mount = self.mounts.get(cmd_name)
        if mount is None:
            return super().get_command(ctx, cmd_name)
        return TyperGroup(name=cmd_name, help=say(mount.help), rich_markup_mode=None)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that is going to run, imported now."""
        if args and args[0] in self.mounts:
            return args[0], load(self.mounts[args[0]].module, args[0]), args[1:]
        self.commands = {**{name: self.get_command(ctx, name) for name in self.mounts}, **self.commands}
        return super().resolve_command(ctx, args)

    def make_context(self, *args: Any, **rest: Any) -> Any:
        """Read the command line; a usage error is told in the reader's language."""
        if not foreign():
            return super().make_context(*args, **rest)
        from ltc.cli.help_pages import speak, spoken

        with spoken():
            speak(self)
            return super().make_context(*args, **rest)

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named; a usage error is told in the reader's language."""
        if not foreign():
            return super().invoke(ctx)
        from ltc.cli.help_pages import spoken

        with spoken():
            return super().invoke(ctx)

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> Any:
        """Run the command line; an expected error becomes one line on stderr and its exit code."""
        try:
            language()
            return super().main(args, *rest, **extra)
        except UnknownLanguageError as error:
            fail(str(error), Code.USAGE)
        except CliError as error:
            fail(str(error), error.code)
        except BrokenPipeError:
            # The reader (head, less) has gone: nothing is left to say. Python would complain at exit otherwise.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(Code.FAILED)
        except Exception as error:
            end = translate(error)
            if end is not None:
                fail(str(end), end.code)
            if logging.getLogger("ltc").isEnabledFor(logging.DEBUG):
                raise
            name = type(error).__name__
            fail(
                f"this is a fault in ltc: {name}: {error}\n  for the traceback, run it again with: ltc --debug …",
                Code.FAILED,
            )


def fail(message: str, code: int) -> None:
    """Print one message on stderr and end the process."""
    from ltc.cli.text import clean

    typer.echo(f"{fill('error: {message}', message=say(clean(message, keep_lines=True)))}", err=True)
    sys.exit(int(code))


def load(module: str, name: str) -> Any:
    """Import a mounted module and return its command."""
    app: typer.Typer = importlib.import_module(module).app
    # One look for all help pages, whoever wrote them; Rich boxes would also cost 0.2 s.
    app.rich_markup_mode = None
    command = typer.main.get_command(app)
    command.name = name
    if foreign():
        from ltc.cli.help_pages import speak

        speak(command)
    # Shell completion is installed for the program, not for each of its commands.
    command.params = [param for param in command.params if param.name not in ("install_completion", "show_completion")]
    return command


def group(mounts: dict[str, Mount]) -> type[LazyGroup]:
    """Return a group class with these mounts."""
    return type("Mounted", (LazyGroup,), {"mounts": mounts})
